"""The servers that `./lethe` starts, on this machine as it is."""
