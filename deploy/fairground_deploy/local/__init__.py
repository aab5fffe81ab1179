"""The whole product on one machine: real processes, real parts, no Docker, no root."""
