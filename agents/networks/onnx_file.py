"""A trained policy as an ONNX file, for programs without torch."""

import json
from pathlib import Path
from typing import Any

from torch import nn

from ...data.errors import ConfigError
from ...data.storage import write_bytes
from .actor import Actor
from .network import Network

_OPSET = 17  # of ONNX 1.12, which every runtime since 2022 reads
_IR = 8  # version of the file format that belongs to it


def export_onnx(network: Network, path: Path) -> Path:
    """Write the actor of a network as ONNX; return the file.

    The graph maps ``observation``, (flights, size) float32, to ``action``, (flights, actions)
    float32 in [-1, 1], as ``Network.actions`` does; any number of flights. The metadata are text:
    ``action`` (what an action means: the keys of ``env.action``), ``campaigns`` (JSON, in the order
    of the action), ``task`` (empty for an advertiser), ``policy`` and ``origin``.

    Args:
        network: network of ``load_network``, without a recurrent layer.
        path: file to write.

    Raises:
        ConfigError: if the library onnx is missing, or the network is recurrent.
    """
    try:
        import onnx
    except ImportError:
        raise ConfigError(
            "export_onnx: the library onnx is not installed. Allowed: any version from 1.16 on. To "
            "fix: pip install 'mediagym[onnx]'."
        ) from None
    if not isinstance(network.actor, Actor) or network.actor.lstm is not None:
        raise ConfigError(
            f"export_onnx: {network.name} has a recurrent layer. Allowed: networks without one. To "
            "fix: train a learner without memory, such as agent=ppo."
        )
    model = onnx.helper.make_model(
        _graph(network, onnx),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
        producer_name="mediagym",
    )
    onnx.helper.set_model_props(model, _metadata(network))
    onnx.checker.check_model(model, full_check=True)
    return write_bytes(path, model.SerializeToString())


def _graph(network: Network, onnx: Any) -> Any:
    """Return the layers as a graph: products with their biases, activations, and the bounds."""
    actor = network.actor
    assert isinstance(actor, Actor)  # noqa: S101  # the caller refuses the others
    shape = actor.shape
    nodes, weights, last = [], [], "observation"

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(onnx.helper.make_node(kind, inputs, [output], **attributes))
        return output

    for number, layer in enumerate((*actor.body, actor.head)):
        name = f"layer_{number}"
        if isinstance(layer, nn.Linear):
            for part, tensor in (("weight", layer.weight), ("bias", layer.bias)):
                array = tensor.detach().numpy()
                weights.append(onnx.numpy_helper.from_array(array, f"{name}_{part}"))
            last = add("Gemm", [last, f"{name}_weight", f"{name}_bias"], name, transB=1)
        else:
            last = add("Relu" if isinstance(layer, nn.ReLU) else "Tanh", [last], name)
    if actor.squash:
        last = add("Tanh", [last], "squashed")
    for bound, value in (("low", -1.0), ("high", 1.0)):
        weights.append(onnx.helper.make_tensor(bound, onnx.TensorProto.FLOAT, [], [value]))
    add("Clip", [last, "low", "high"], "action")
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["flights", size])
        for name, size in (("observation", shape.observation), ("action", shape.actions))
    ]
    return onnx.helper.make_graph(nodes, network.name, ends[:1], ends[1:], weights)


def _metadata(network: Network) -> dict[str, str]:
    return {
        "action": network.action.model_dump_json(),
        "campaigns": json.dumps(network.training.campaigns),
        "task": network.training.task or "",
        "policy": network.name,
        "origin": network.origin,
    }
