"""Makes a checkout of the authors' code importable, with stand-ins for packages that only their training needs."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pathlib
import sys
import types

import numpy as np
import torch
from torch import nn

# Imported at the top of the authors' files, but not needed to run a network.
OPTIONAL = {
    "addict",
    "albumentations",
    "apex",
    "cityscapesscripts",
    "detectron2",
    "easydict",
    "fvcore",
    "hydra",
    "iopath",
    "kornia",
    "matplotlib",
    "mmcls",
    "mmcv",
    "mmengine",
    "mmseg",
    "natten",
    "omegaconf",
    "openpyxl",
    "pandas",
    "pycocotools",
    "seaborn",
    "tensorboard",
    "termcolor",
    "timm",
    "torchvision",
    "tqdm",
    "wandb",
    "yapf",
}


class Anything:
    """Replaces a class, function or decorator that is named but never used."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]
        return Anything()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __mro_entries__(self, bases):
        return (object,)


class StandIn(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = KNOWN.get(name)
        if value is None and name[0].islower():
            value = importlib.import_module(f"{self.__name__}.{name}")
        value = value or type(name, (Anything,), {})
        setattr(self, name, value)
        return value

    def __call__(self, *args, **kwargs):
        return decorator(*args, **kwargs)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names):
        self.names = names

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        module.__path__ = []


class DropPath(nn.Module):
    """Stochastic depth, which does nothing outside training."""

    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()

    def forward(self, x):
        return x


class ConvModule(nn.Module):
    """Convolution, normalisation, activation, under the names that checkpoints use."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias="auto",
        conv_cfg=None,
        norm_cfg=None,
        act_cfg=types.MappingProxyType({"type": "ReLU"}),
        inplace=True,
        **kwargs,
    ):
        super().__init__()
        with_bias = norm_cfg is None if bias == "auto" else bias
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, with_bias)
        self.bn = nn.BatchNorm2d(out_channels) if norm_cfg is not None else None
        self.activate = nn.ReLU() if act_cfg is not None else None

    def forward(self, x):
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return self.activate(x) if self.activate is not None else x


class ToTensor:
    """uint8 [H, W, 3] to float [3, H, W] from 0 to 1."""

    def __call__(self, image):
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float().div(255)


class Attributes(dict):
    """A dictionary whose keys are attributes."""

    def __init__(self, values=None, **more):
        super().__init__()
        for key, value in {**(values or {}), **more}.items():
            self[key] = Attributes(value) if isinstance(value, dict) else value

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def decorator(*args, **kwargs):
    """Does nothing, with or without arguments."""
    if len(args) == 1 and callable(args[0]) and not kwargs:
        return args[0]
    return lambda function: function


class BaseModule(nn.Module):
    def __init__(self, init_cfg=None):
        super().__init__()


class Registry:
    def __init__(self, *args, **kwargs):
        pass

    def register_module(self, *args, **kwargs):
        return decorator

    def register(self, *args, **kwargs):
        return decorator


def to_pil_image(image):
    from PIL import Image

    return Image.fromarray(image)


def resize_pil_image(image, size):
    from PIL import Image

    return image.resize((size[1], size[0]), Image.BILINEAR)


KNOWN = {
    "to_pil_image": to_pil_image,
    "resize": resize_pil_image,
    "DropPath": DropPath,
    "ConvModule": ConvModule,
    "ToTensor": ToTensor,
    "EasyDict": Attributes,
    "Dict": Attributes,
    "Registry": Registry,
    "to_2tuple": pair,
    "trunc_normal_": nn.init.trunc_normal_,
    "BaseModule": BaseModule,
    "build_norm_layer": lambda cfg, dim: ("norm", nn.LayerNorm(dim)),
    "auto_fp16": decorator,
    "force_fp32": decorator,
    "configurable": decorator,
    "autocast": decorator,
    "register_model": decorator,
    "tqdm": lambda items=None, *args, **kwargs: items,
}


def use_checkout(folder, *more):
    """Puts the authors' code first on the import path. `more`: folders inside it that are roots too."""
    root = pathlib.Path(folder).resolve()
    if not root.is_dir():
        raise SystemExit(f"Expected a checkout of the authors' code but there is no folder {root}.")
    for name in reversed(("", *more)):
        sys.path.insert(0, str(root / name))
    missing = {name for name in OPTIONAL if importlib.util.find_spec(name) is None}
    sys.meta_path.append(Finder(missing))
    if "tensorboard" in missing:
        sys.modules["torch.utils.tensorboard"] = StandIn("torch.utils.tensorboard")
    # Names that numpy has dropped and older code still uses.
    for name in ("bool", "int", "float", "object"):
        if name not in np.__dict__ or name in ("int", "float", "object"):
            setattr(np, name, getattr(__import__("builtins"), name))
    return root


def load_state(checkpoint):
    """The weights of a checkpoint file, in any of the authors' layouts."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=False)
    for key in ("state_dict", "model", "net"):
        if isinstance(saved, dict) and isinstance(saved.get(key), dict):
            return saved, saved[key]
    return saved, saved
