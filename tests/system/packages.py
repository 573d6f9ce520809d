"""Programs by others from the npm registry, in the versions of a package-lock.json beside it, in the build directory."""
import os
import shutil
import subprocess
import sys

from harness import BUILD

HERE = os.path.dirname(os.path.abspath(__file__))


def place(folder):
    return os.path.join(BUILD, "tests", "system", folder)


def install(folder):
    """What the folder locks; done once for a build directory. Where that fails, the test fails."""
    shutil.copytree(os.path.join(HERE, folder), place(folder), dirs_exist_ok=True)
    if os.path.exists(os.path.join(place(folder), "node_modules", ".package-lock.json")):
        return
    for name in ("node", "npm"):
        if not shutil.which(name):
            sys.exit("%s is missing (packaging/dependencies tests installs it)" % name)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=place(folder), check=True)
