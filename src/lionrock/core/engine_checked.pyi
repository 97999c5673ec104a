"""The checked build: index checks and assertions on; what tests and the simulator run."""

from lionrock.core.engine import Engine as Engine

IS_CHECKED_BUILD: bool
