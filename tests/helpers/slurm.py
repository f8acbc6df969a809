"""A Slurm of two nodes on this machine: Debian's own programs, unpacked, in a network of their own.

``python -m helpers.slurm FOLDER`` is run in a new network and host-name namespace. It starts the
daemons, prints a line once both nodes are idle, and ends them when its input is closed.
"""

import fcntl
import getpass
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path(__file__).parents[2] / ".slurm" / "root" / "usr"  # `make slurm` unpacks them
NODES = ("n1", "n2")
_ADDRESS = "10.9.0.1"  # of the only machine of the network
_READY = "both nodes are idle"
_SECONDS = 60  # until the nodes are idle, the queue is empty, a daemon has ended
_PATIENCE = 600  # seconds until a command is taken to hang
_LIBRARIES = next(iter(sorted((PROGRAMS / "lib").glob("*-linux-gnu"))), PROGRAMS / "lib")
_PLUGINS = _LIBRARIES / "slurm-wlm"
_CONFIGURATION = """
ClusterName=test
SlurmctldHost=head({address})
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
PluginDir={plugins}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MailProg=/bin/true
KillWait=2
NodeName=n1 NodeHostname=head NodeAddr={address} Port=17001 CPUs=2 RealMemory=16000
NodeName=n2 NodeHostname=head NodeAddr={address} Port=17002 CPUs=2 RealMemory=16000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str | None:
    """Return what this machine lacks to run a Slurm, None if nothing."""
    if not (PROGRAMS / "sbin" / "slurmctld-wlm").exists():
        return "Slurm is not unpacked: run `make slurm` (Debian, with apt-get)"
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return "unshare and nsenter (util-linux) are not here"
    if subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode != 0:  # noqa: S603
        return "namespaces may not be made here"
    return None


class Cluster:
    """A running Slurm, and how commands are run in it."""

    def __init__(self, process: int, folder: Path) -> None:
        self._process, self._folder = process, folder

    def command(self, *words: str) -> list[str]:
        """Return the words that run a command beside the controller."""
        user = [] if os.getuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={self._process}", "--net", "--uts", *user, *words]

    def run(self, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(  # noqa: S603  # our commands
            self.command(*words),
            cwd=cwd,
            env=environment(self._folder),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    def start(self, *words: str, cwd: Path) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(  # noqa: S603
            self.command(*words),
            cwd=cwd,
            env=environment(self._folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


_UNSHARE = ["unshare", "--net", "--uts", *([] if os.getuid() == 0 else ["--map-root-user"])]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of everything that talks with the daemons."""
    return {
        **os.environ,
        "PATH": f"{PROGRAMS / 'bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{_LIBRARIES}:{_PLUGINS}:{PROGRAMS.parent / 'lib' / _LIBRARIES.name}",
        "SLURM_CONF": str(folder / "slurm.conf"),
    }


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Run a Slurm while the block runs.

    Args:
        folder: folder of its configuration, states and logs.
    """
    words = [*_UNSHARE, sys.executable, "-m", "helpers.slurm", str(folder)]
    tests = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(  # noqa: S603
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=tests
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if line != _READY:
            logs = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("*.log")))
            raise RuntimeError(f"Slurm has not started: {line}\n{logs}")
        yield Cluster(process.pid, folder)  # leaving it closes the input


def main() -> None:
    """Run the daemons until the input is closed."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    _bring_up_loopback()
    socket.sethostname("head")
    (folder / "state").mkdir(exist_ok=True)
    text = _CONFIGURATION.format(
        user=getpass.getuser(), plugins=_PLUGINS, folder=folder, address=_ADDRESS
    )
    (folder / "slurm.conf").write_text(text)
    sbin = PROGRAMS / "sbin"
    daemons = [[sbin / "slurmctld-wlm", "-D", "-i"]]
    daemons += [
        [sbin / "slurmd-wlm", "-D", "-N", node, "-d", sbin / "slurmstepd-wlm"] for node in NODES
    ]
    processes = []
    try:
        processes = [_daemon(words, folder) for words in daemons]
        print(_READY if _wait_until(_idle, folder) else "a node is not idle", flush=True)
        sys.stdin.read()
    finally:
        _look("scancel", "--signal=KILL", "--user", getpass.getuser(), folder=folder)
        _wait_until(_empty, folder)  # a job that cannot report its end would try for ever
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _daemon(words: Sequence[str | Path], folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "daemons.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            words, env=environment(folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def _bring_up_loopback() -> None:
    """Do what ``ip link set lo up; ip addr add ADDRESS dev lo`` does; ``ip`` is not everywhere.

    Slurm resolves no name where a machine has loopback addresses alone.
    """
    set_address, set_flags, up_and_running = 0x8916, 0x8914, 0x41
    address = struct.pack("16sHH4s16x", b"lo:0", socket.AF_INET, 0, socket.inet_aton(_ADDRESS))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, set_flags, struct.pack("16sh22x", b"lo", up_and_running))
        fcntl.ioctl(handle, set_address, address)


def _wait_until(true: Callable[[Path], bool], folder: Path) -> bool:
    """Wait until something is true; return whether it has become so."""
    end = time.monotonic() + _SECONDS
    while not (done := true(folder)) and time.monotonic() < end:
        time.sleep(0.2)
    return done


def _idle(folder: Path) -> bool:
    return _look("sinfo", "--noheader", "-o", "%D %t", folder=folder) == f"{len(NODES)} idle"


def _empty(folder: Path) -> bool:
    return not _look("squeue", "--noheader", folder=folder)


def _look(program: str, *words: str, folder: Path) -> str:
    """Return all that a program of Slurm prints, as one line."""
    done = subprocess.run(  # noqa: S603
        [PROGRAMS / "bin" / program, *words],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return (done.stdout + done.stderr).strip().replace("\n", "; ")


if __name__ == "__main__":
    main()
