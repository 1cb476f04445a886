"""The embedded run: PostgreSQL, RabbitMQ and a mailbox as private child processes."""
