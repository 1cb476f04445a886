"""The register of processing: reviewed data files, loaded whole or not at all."""
