"""The handler image_classifier."""

import torch
from torchvision import transforms

from ts.handler_utils.timer import timed
from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ImageClassifier(VisionHandler):
    """Answers with the likeliest classes of a picture and their probabilities."""

    topk = 5

    # As the models of torchvision that were trained on ImageNet want it.
    image_processing = transforms.Compose([
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])

    def set_max_result_classes(self, topk):
        self.topk = topk

    def get_max_result_classes(self):
        return self.topk

    @timed
    def postprocess(self, data):
        """:param data: the model's scores, inputs by classes."""
        best = torch.topk(torch.softmax(data, dim=1), self.topk, dim=1)
        return map_class_to_label(best.values.tolist(), self.mapping, best.indices.tolist())
