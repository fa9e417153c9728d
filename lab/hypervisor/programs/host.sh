#!/bin/bash
# The first process of a compute host: host.sh FOLDER NAME DISK MOUNT SWITCH
#
# It runs in namespaces of mounts, host name and processes, and makes them a
# host's. When it ends, all that runs there ends, and nothing stays mounted.
set -euo pipefail
folder=$1 name=$2 disk=$3 mount=$4 switch=$5
mount --make-rprivate /
hostname "$name"
# What the host's services write is the host's own.
mkdir -p "$folder"/{etc,work,log}
mount -t overlay overlay /etc \
    -o "lowerdir=/etc,upperdir=$folder/etc,workdir=$folder/work"
id libvirt-qemu > /dev/null 2>&1 || useradd --system --user-group libvirt-qemu
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /var/cache
mount --bind "$folder/log" /var/log
mkdir -p /run/{lock,sshd} /var/{lib,cache,log}/libvirt
ln -s "$switch" /run/openvswitch
[ -e "$disk.made" ] || { mkfs.ext4 -q -m 0 -F "$disk"; touch "$disk.made"; }
mount -o loop "$disk" "$mount"
mkdir -p "$mount/instances"
touch "$folder/up"
# Bash, since the first process has to take leave of each that ends.
while :; do
    sleep 3600 &
    wait $!
done
