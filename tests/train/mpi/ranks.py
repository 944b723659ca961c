"""Starts programs under mpirun."""

import os
import pathlib

# As root, and with more processes than cores: Open MPI 4 and 5 ask for it by different names. MPICH needs none of them.
ENVIRONMENT = os.environ | {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    # Containers often forbid the system call that copies between processes.
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    # Open MPI keeps memory until the process ends. Leaks of the program itself are seen by the tests without MPI.
    "ASAN_OPTIONS": "detect_leaks=0",
}


def command(mpirun, *commands):
    """Returns what starts several commands, given as (processes, words), as one group."""
    words = [mpirun]
    for processes, line in commands:
        words += [":"] * (len(words) > 1) + ["-n", str(processes), *map(str, line)]
    return words


def descendants(process, program):
    """Returns the ids of the processes below `process` that run `program`."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # It has ended meanwhile.
    found = []
    for child in sorted(parents):
        above = child
        while above in parents and above != process:
            above = parents[above]
        try:
            if child != process and above == process and os.path.samefile(f"/proc/{child}/exe", program):
                found.append(child)
        except OSError:
            continue
    return found
