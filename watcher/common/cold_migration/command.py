# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The command that lists and finishes what a dead applier left.

``python3 -m watcher.common.cold_migration``, and ``watcher-cold-migration``
where the patched wheel is installed. It talks to Nova as the applier does and
reads Watcher's database; no message goes to another service, and nothing here
runs with eventlet.
"""

import contextlib
import logging
import sys

from oslo_config import cfg
from oslo_log import log

from watcher.common.cold_migration import command_sentences as sentences
from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import finishing
from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import options
from watcher.common.cold_migration import plans
from watcher.common.cold_migration import report
from watcher.common import nova_helper
from watcher import conf as watcher_conf

PROGRAM = 'watcher-cold-migration'

# Exit statuses; argparse has the last one, too.
OK, FAILED, CANNOT_BEGIN, INTERRUPTED = 0, 1, 2, 130

# What keeps it from beginning; of a refusal there is more to say.
_CANNOT_BEGIN = {exceptions.NoAccess: sentences.NO_ACCESS,
                 exceptions.Unavailable: sentences.NO_REPLY,
                 exceptions.NoDatabase: sentences.NO_DATABASE}

CONF = watcher_conf.CONF

Standing = left_over.Standing
Verdict = finishing.Verdict

# What list and --all show; the rest is not Watcher's.
_SHOWN = frozenset([Standing.UNSEEN, Standing.IN_PLAN, Standing.YOUNG,
                    Standing.LEFT_OVER])


def main(arguments=None):
    """Do what the command line says.

    :param arguments: the command line's, without the program's name
    :returns: the exit status
    """
    try:
        configure(CONF, sys.argv[1:] if arguments is None else arguments)
        return CONF.command.run(CONF.command)
    except exceptions.CommandError as exc:
        # In one line, whatever the libraries say.
        print(sentences.ERROR % ' '.join(str(exc).split()), file=sys.stderr)
        return CANNOT_BEGIN
    except KeyboardInterrupt:
        print(sentences.INTERRUPTED, file=sys.stderr, flush=True)
        return INTERRUPTED


def configure(conf, arguments):
    """Read the command line, and watcher.conf.

    :param conf: the ``oslo_config.cfg.ConfigOpts``; afterwards it has the
        subcommand's options in ``command``
    :param arguments: the command line's
    :raises ~.exceptions.CommandError: if watcher.conf is missing or wrong
    :raises SystemExit: if the command line is wrong, with status 2
    """
    conf.register_cli_opt(cfg.SubCommandOpt('command',
                                            handler=_add_subcommands))
    log.register_options(conf)
    try:
        conf(arguments, project='watcher', prog=PROGRAM,
             description=sentences.DESCRIPTION)
    except cfg.Error as exc:
        raise exceptions.CommandError(exc) from exc
    if not conf.config_file and not conf.config_dir:
        raise exceptions.CommandError(sentences.NO_FILE)
    _set_up_log(conf)


def _set_up_log(conf):
    """Log to where watcher.conf says; else only the patch's warnings."""
    if any((conf.log_config_append, conf.log_file, conf.log_dir,
            conf.use_syslog, conf.use_journal)):
        if conf.log_dir:
            # With "python3 -m", oslo.log finds no name of a program.
            conf.set_default('log_file', PROGRAM + '.log')
        log.setup(conf, 'watcher')
        return
    # What the libraries log would hide the command's own lines.
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    logging.getLogger(__package__).addHandler(handler)


def _add_subcommands(subparsers):
    for name, words, run in (
            ('list', sentences.HELP_LIST, run_list),
            ('finish', sentences.HELP_FINISH, run_finish)):
        parser = subparsers.add_parser(name, help=words, description=words)
        parser.add_argument('-f', '--format', choices=report.FORMATS,
                            default=report.TABLE, help=sentences.HELP_FORMAT)
        parser.set_defaults(run=run, parser=parser)
    parser.add_argument('servers', nargs='*', metavar='SERVER',
                        help=sentences.HELP_SERVER)
    parser.add_argument('--all', action='store_true', help=sentences.HELP_ALL)
    parser.add_argument('--dry-run', action='store_true',
                        help=sentences.HELP_DRY_RUN)
    parser.add_argument('--older-than', type=float, default=0,
                        metavar='SECONDS', help=sentences.HELP_OLDER_THAN)


def run_list(arguments):
    """List what Watcher's user requested and nobody has ended.

    :returns: the exit status
    :raises ~.exceptions.CommandError: if Nova or the database do not reply
    """
    finisher = _finisher()
    with _first_look():
        judged = list(map(finisher.judge, finisher.look(finisher.servers())))
    shown = [one for one in judged if one.standing in _SHOWN]
    print(report.listed([one.seen for one in shown], arguments.format))
    return _status(shown)


def run_finish(arguments):
    """Finish what was left over, and show the outcomes.

    :returns: the exit status
    :raises ~.exceptions.CommandError: if Nova or the database do not reply,
        or if there is no such server
    """
    # A database may take both cases for the same.
    named = list(dict.fromkeys(map(str.lower, arguments.servers)))
    if arguments.all == bool(named):
        arguments.parser.error(sentences.ALL_OR_SERVERS)
    finisher = _finisher(_progress_to(
        sys.stderr if arguments.format == report.JSON else sys.stdout),
        arguments.older_than, bool(named))
    with _first_look():
        judged = list(map(finisher.judge,
                          finisher.look(named or finisher.servers())))
    if named:
        _check_known(judged)
    else:
        judged = [one for one in judged if one.standing in _SHOWN]
    outcomes = judged if arguments.dry_run else _finished(finisher, judged)
    print(report.finished(outcomes, arguments.format))
    return _status(outcomes)


def _status(outcomes):
    return FAILED if any(one.verdict in (Verdict.FAILED, Verdict.REFUSED)
                         for one in outcomes) else OK


def _check_known(judged):
    unknown = [one.seen.server for one in judged
               if one.standing is Standing.GONE]
    if unknown:
        raise exceptions.CommandError(
            sentences.NO_SUCH_SERVER % ', '.join(unknown))


def _finished(finisher, judged):
    """Finish what is left over; gives the outcomes of all, in their order."""
    done = {outcome.seen.server: outcome for outcome in finisher.finish(
        [one.seen.server for one in judged
         if one.verdict is Verdict.WOULD_FINISH])}
    return [done.get(one.seen.server, one) for one in judged]


def _progress_to(stream):
    def note(what):
        # One write: several threads do it.
        stream.write(report.progress(what) + '\n')
        stream.flush()
    return note


def _finisher(note=None, older_than=0, is_named=False):
    # From 16.0 on Watcher also takes what [nova] has.
    if not (CONF.watcher_clients_auth.auth_type or
            getattr(CONF.nova, 'auth_type', None)):
        raise exceptions.CommandError(
            sentences.NO_AUTHENTICATION % ', '.join(CONF.config_file))
    try:
        options.time_limit(CONF)
        helper = nova_helper.NovaHelper()
    # Each client library has its own.
    except Exception as exc:
        raise exceptions.CommandError(sentences.WRONG % exc) from exc
    return finishing.Finisher(nova_helper.adapter, helper,
                              plans.servers_in_running_plans, note,
                              older_than, is_named)


@contextlib.contextmanager
def _first_look():
    """Translate what keeps the first look from its end."""
    try:
        yield
    except exceptions.Refused as exc:
        raise exceptions.CommandError(
            sentences.NOVA_REFUSED % (exc.code, exc)) from exc
    except finishing.ERRORS as exc:
        raise exceptions.CommandError(
            _CANNOT_BEGIN[type(exc)] % exc) from exc
