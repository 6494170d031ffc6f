"""The base of handlers that take pictures."""

import abc
import base64
import io

import torch
from PIL import Image

from ts.handler_utils.timer import timed
from ts.torch_handler.base_handler import BaseHandler


class VisionHandler(BaseHandler, abc.ABC):
    """Decodes pictures, and makes tensors of them by image_processing, which the handler defines: a function from a PIL image
    to a tensor."""

    # Made when it is asked for: captum is not for everybody.
    _ig = None

    @property
    def ig(self):
        """Captum's integrated gradients of the model.

        :raises RuntimeError: the interpreter has no captum."""
        if self._ig is None:
            try:
                from captum.attr import IntegratedGradients
            except ImportError as missing:
                raise RuntimeError("explanations need captum: pip install captum") from missing
            self._ig = IntegratedGradients(self.model)
        return self._ig

    @ig.setter
    def ig(self, value):
        self._ig = value

    def initialize(self, context):
        super().initialize(context)
        if not context.system_properties.get("limit_max_image_pixels"):
            # Pillow refuses huge pictures unless it is told not to.
            Image.MAX_IMAGE_PIXELS = None

    @timed
    def preprocess(self, data):
        """Makes one tensor of all pictures.

        :param data: a list with a dictionary for each request, whose "data" or "body" is an encoded picture as bytes or as
            base64 text, or a list of numbers."""
        return torch.stack([self._tensor_of(row.get("data") or row.get("body")) for row in data]).to(self.device)

    def get_insights(self, tensor_data, _, target=0):
        """How much each pixel speaks for a class."""
        return self.ig.attribute(tensor_data, target=target, n_steps=15).tolist()

    def _tensor_of(self, image):
        if isinstance(image, str):
            image = base64.b64decode(image)
        if isinstance(image, (bytes, bytearray)):
            return self.image_processing(Image.open(io.BytesIO(image)))
        return torch.FloatTensor(image)
