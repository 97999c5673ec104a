"""What a monitor is told about the node, in the Prometheus exposition format. Figures here decide nothing."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from lionrock.node.published import Published

_SECONDS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2)
_COMMANDS = (1, 4, 16, 64, 256, 1024, 4096)


class Metrics:
    """One node's; `registry` is what is shown."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter("lionrock_commands", "Commands that became durable.", registry=self.registry)
        self._events = Counter("lionrock_events", "Events of those commands.", registry=self.registry)
        self._frames = Histogram(
            "lionrock_frame_commands", "Commands in a frame.", buckets=_COMMANDS, registry=self.registry
        )
        self._durable = Histogram(
            "lionrock_durable_seconds",
            "From a frame's being handed to the journal to its being durable.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._waiting = Gauge(
            "lionrock_waiting_commands", "Commands that waited for a frame at the last one.", registry=self.registry
        )
        self._sequence = Gauge("lionrock_sequence", "Of the last durable command.", registry=self.registry)
        self._time = Gauge("lionrock_last_frame_time_seconds", "Of the last durable frame.", registry=self.registry)

    def frame(self, published: Published, durable_after_ns: int, waiting: int) -> None:
        """Count one durable frame."""
        count = published.command_count
        self._commands.inc(count)
        self._events.inc(published.event_count)
        self._frames.observe(count)
        self._durable.observe(durable_after_ns / 1e9)
        self._waiting.set(waiting)
        self._sequence.set(published.sequence + count - 1)
        self._time.set(published.time_ns / 1e9)
