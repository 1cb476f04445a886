"""Requests of authorities for data about people."""
