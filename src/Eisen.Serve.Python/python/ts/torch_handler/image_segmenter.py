"""The handler image_segmenter."""

import torch
from torchvision import transforms

from ts.torch_handler.vision_handler import VisionHandler


class ImageSegmenter(VisionHandler):
    """Answers with the likeliest class of each pixel and its probability: height by width by 2."""

    image_processing = transforms.Compose([
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])

    def postprocess(self, data):
        """:param data: a dictionary whose "out" are the model's scores, inputs by classes by height by width."""
        best = torch.softmax(data["out"], dim=1).max(dim=1)
        return torch.stack([best.indices.to(best.values.dtype), best.values], dim=3).tolist()
