"""Made-up people: whole residents, and each service's part of them."""
