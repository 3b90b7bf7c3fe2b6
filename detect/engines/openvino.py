"""The default engine: OpenVINO on the CPU, without torch.

A picture is one request of one thread, and as many pictures run at once as there are cores: that
gives more pictures a second than all cores on one picture, and ``detect`` may be called from many
threads. Networks are compiled for a shape when the first picture of that shape comes, and kept
compiled on disk (TIDYCITY_CACHE, else the user's cache folder) for the next start.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from detect.cores import usable_cores
from detect.engines.looks import Looks
from detect.engines.output import OutputReader
from detect.engines.second_look import SecondLook
from detect.errors import ModelError
from detect.letterbox import Fit, Size, canvas_size, letterbox
from detect.model_folder import ModelCard, load_card
from detect.types import Detections, Image

# The binding asks numpy for its version at its first use of ``.data`` and waits for the answer with
# a C++ lock: two threads that come first at once wait for each other for ever. So: once, here.
_ = ov.Tensor(ov.Type.u8, ov.Shape([1])).data


class OpenVINOEngine:
    """Runs a model's OpenVINO IR. Safe to call from many threads."""

    def __init__(
        self,
        name_or_path: str | Path | None = None,
        *,
        threads: int | None = None,
        streams: int | None = None,
        second_look: bool | None = None,
    ) -> None:
        self._card = load_card(name_or_path)
        self._looks = Looks(self._card)
        self._output = OutputReader(self._looks.each)
        self.threads = threads or usable_cores()
        self.streams = streams or self.threads
        self._core = ov.Core()
        _meet_numpy()
        self._config: dict[str, object] = {
            "NUM_STREAMS": self.streams,
            "INFERENCE_NUM_THREADS": self.threads,
            # Pinned threads wait for "their" core while the decoding threads sit on it.
            "ENABLE_CPU_PINNING": False,
        }
        if (cache := cache_folder()) is not None:
            self._config["CACHE_DIR"] = str(cache)
        self._network = self._read()
        self._lanes: dict[Size, LifoQueue[_Lane]] = {}
        self._compiling = threading.Lock()
        self.second_look = _second_look(self._card, second_look, self.streams)

    @property
    def model(self) -> ModelCard:
        """The model's card."""
        return self._card

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Compiles the network for pictures of this size now instead of at the first of them."""
        for side_px in self._looks.sides_px:
            self._pool(width_px, height_px, side_px)

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """One Detections an image, in order, in the image's own pixels; raises ModelError.

        Several images are worked on at once where other callers leave room. A careful model's looks
        at an image are fused.
        """
        return self._looks.fused(images, self._seen(self._looks.shown(images)))

    def _seen(self, shown: Sequence[tuple[Image, int]]) -> list[Detections]:
        """One Detections a picture, shown at that many pixels."""
        found: list[Detections] = []
        running: deque[_Work] = deque()
        try:
            for image, side_px in shown:
                pool = self._pool(image.shape[1], image.shape[0], side_px)
                while (lane := _free_lane(pool, wait=not running)) is None:
                    found.append(self._finish(running.popleft()))
                running.append(_started(lane, pool, image))
            while running:
                found.append(self._finish(running.popleft()))
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO could not run model {self._card.id}: {_first_line(error)}",
                code="model_failed",
                mend="Run `tidycity doctor`; get the model again if it persists.",
            ) from error
        finally:
            for lane, pool, _ in running:
                lane.request.wait()
                pool.put(lane)
        return found

    def _finish(self, work: _Work) -> Detections:
        lane, pool, fit = work
        try:
            return self._output.read(lane.result(), fit)
        finally:
            pool.put(lane)

    def _read(self) -> Any:
        try:
            network = self._core.read_model(self._card.weights)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO can't read {self._card.weights}: {_first_line(error)}",
                code="model_unreadable",
                mend="Get or export the model again; engine openvino needs model.xml and .bin.",
            ) from error
        shape = network.output(0).partial_shape
        self._output.check(tuple(n.get_length() if n.is_static else None for n in shape))
        return network

    def _pool(self, width_px: int, height_px: int, side_px: int) -> LifoQueue[_Lane]:
        size = canvas_size(width_px, height_px, side_px)
        pool = self._lanes.get(size)
        if pool is None:
            with self._compiling:
                pool = self._lanes.get(size) or self._open_lanes(size)
        return pool

    def _open_lanes(self, size: Size) -> LifoQueue[_Lane]:
        """Compiles for a shape; a network that only takes squares serves all shapes with one."""
        square = (self._card.input_px, self._card.input_px)
        try:
            network = self._shaped(size)
        except RuntimeError:
            if size == square:
                raise
            pool = self._lanes.get(square) or self._open_lanes(square)
            self._lanes[size] = pool
            return pool
        compiled = self._core.compile_model(network, "CPU", self._config)
        pool = LifoQueue()
        for _ in range(self.streams):
            pool.put(_Lane.of(compiled.create_infer_request()))
        self._lanes[size] = pool
        return pool

    def _shaped(self, size: Size) -> Any:
        """The network for one canvas: uint8 BGR (1, H, W, 3) in, as letterbox() makes it."""
        network = self._network.clone()
        wanted = [1, 3, size[1], size[0]]
        shape = network.input(0).partial_shape
        if shape.is_dynamic or list(shape.to_shape()) != wanted:
            network.reshape(wanted)
        steps = ov.preprocess.PrePostProcessor(network)
        tensor = steps.input().tensor()
        tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        tensor.set_color_format(ov.preprocess.ColorFormat.BGR)
        change = steps.input().preprocess()
        change.convert_element_type(ov.Type.f32).convert_color(ov.preprocess.ColorFormat.RGB)
        if not self._card.normalised_in_graph:
            change.scale(255.0)
        steps.input().model().set_layout(ov.Layout("NCHW"))
        return steps.build()


@dataclass(frozen=True, slots=True, eq=False)
class _Lane:
    """One request with its own input and output memory: one picture at a time."""

    request: Any
    canvas: Image

    @classmethod
    def of(cls, request: Any) -> _Lane:
        return cls(request, request.get_input_tensor().data[0])

    def start(self, image: Image) -> Fit:
        """Puts the picture into the request's own input memory and starts it."""
        fit = letterbox(image, self.canvas)
        self.request.start_async()
        return fit

    def result(self) -> NDArray[np.float32]:
        """Waits; the output stays valid until the next start."""
        self.request.wait()
        return np.asarray(self.request.get_output_tensor().data, np.float32)


_Work = tuple[_Lane, "LifoQueue[_Lane]", Fit]


def _started(lane: _Lane, pool: LifoQueue[_Lane], image: Image) -> _Work:
    try:
        return lane, pool, lane.start(image)
    except BaseException:
        pool.put(lane)
        raise


def _free_lane(pool: LifoQueue[_Lane], *, wait: bool) -> _Lane | None:
    """A lane; None where none is free and the caller has work of its own to finish first."""
    try:
        return pool.get(block=wait)
    except Empty:
        return None


def _second_look(card: ModelCard, wanted: bool | None, streams: int) -> SecondLook | None:
    """The model's second look where it has one and that is wanted, or on by its card."""
    plan = card.second_look
    if plan is None or not (plan.on if wanted is None else wanted):
        return None
    return SecondLook(card, plan, streams=streams)


def _meet_numpy() -> None:
    """Has the binding look up numpy's C functions now, in the thread that makes the engine.

    It does so at the first ``Tensor.data``, behind a C++ guard that knows nothing of Python's lock:
    two threads that get there first at the same time wait for each other for ever.
    """
    _ = ov.Tensor(ov.Type.u8, ov.Shape([1])).data


def cache_folder() -> Path | None:
    """Where compiled networks are kept between runs; None where nothing can be written."""
    home = os.environ.get("TIDYCITY_CACHE")
    if home is None:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        home = str(Path(base) / "tidycity")
    folder = Path(home) / "openvino"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return None
    return folder


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
