"""Checks deploy/kubeflow: that the parts of the job fit each other, the Dockerfile and the volumes."""

import pathlib
import re
import unittest

from ruamel.yaml import YAML

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


def load(name):
    return list(YAML(typ="safe").load_all((DEPLOY / "kubeflow" / name).read_text(encoding="utf-8")))


class MpiJobTest(unittest.TestCase):
    def setUp(self):
        (self.job,) = load("train.yaml")
        self.replicas = self.job["spec"]["mpiReplicaSpecs"]
        self.dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    def pods(self):
        return [replica["template"]["spec"] for replica in self.replicas.values()]

    def test_is_an_mpi_job(self):
        self.assertEqual((self.job["apiVersion"], self.job["kind"]), ("kubeflow.org/v2beta1", "MPIJob"))
        self.assertEqual(set(self.replicas), {"Launcher", "Worker"})
        self.assertEqual(self.replicas["Launcher"]["replicas"], 1)

    def test_launches_as_many_processes_as_there_are_slots(self):
        script = self.pods()[0]["containers"][0]["args"][0]
        slots = self.replicas["Worker"]["replicas"] * self.job["spec"]["slotsPerWorker"]
        self.assertEqual(int(re.search(r"mpirun -n (\d+)", script)[1]), slots)

    def test_starts_processes_on_the_workers(self):
        # Open MPI 5 ignores the operator's OMPI_MCA_orte_default_hostfile and would run them all on the launcher.
        self.assertRegex(self.pods()[0]["containers"][0]["args"][0], "mpirun .*--hostfile /etc/mpi/hostfile ")

    def test_mounts_volumes_that_exist(self):
        claims = {claim["metadata"]["name"] for claim in load("volumes.yaml")}
        for pod in self.pods():
            names = {volume["name"] for volume in pod["volumes"]}
            (container,) = pod["containers"]
            self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, names)
            for volume in pod["volumes"]:
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"], claims)

    def test_uses_what_the_dockerfile_makes(self):
        stage = self.dockerfile[self.dockerfile.index(" AS train\n"):]
        for pod in self.pods():
            user = pod["securityContext"]["runAsUser"]
            self.assertIn(f"--uid {user} --create-home avocet", stage)
        self.assertIn(f"HostKey {self.job['spec']['sshAuthMountPath']}/id_rsa", stage)
        sshd = self.pods()[1]["containers"][0]["command"]
        self.assertIn(f">{sshd[sshd.index('-f') + 1]}", stage)
        self.assertIn("openssh-server", stage)


if __name__ == "__main__":
    unittest.main()
