#!/bin/busybox sh
# All that a guest is. It counts its boots on its disk, says on the serial
# console who it is and what is on the disk, and waits for its power button.
# Words of the kernel's command line: fill=MIB of random data, deaf to the
# button, once (it boots no second time).
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r module; do
    insmod "/modules/$module.ko"
done < /modules/order
until [ -b /dev/vda ]; do
    sleep 0.1
done
mount /dev/vda /mnt

has() {
    grep -qw "$1" /proc/cmdline
}

say() {
    echo "GUEST: $*"
}

boot=$(($(wc -l < /mnt/boots) + 1))
echo "boot $boot of $(cat /sys/class/dmi/id/product_uuid)" >> /mnt/boots
sync
while read -r line; do
    say "$line"
done < /mnt/boots
if has once && [ "$boot" -gt 1 ]; then
    say "does not boot again"
    while true; do
        sleep 3600
    done
fi
fill=$(tr ' ' '\n' < /proc/cmdline | sed -n 's/^fill=//p')
cd /mnt || exit
if ! [ -e data.md5 ]; then
    dd if=/dev/urandom of=data bs=1M count="$fill" 2> /dev/null
    md5sum data > data.md5
    sync
fi
say "$(md5sum -c data.md5)"
cd / || exit
say "ready"

off() {
    dd if="$1" of=/dev/null bs=24 count=1 2> /dev/null
    has deaf && return
    say "power button"
    umount /mnt
    poweroff -f
}

for device in /dev/input/event*; do
    off "$device" &
done
while true; do
    sleep 3600
done
