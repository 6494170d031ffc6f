"""The handler object_detector."""

from torchvision import transforms

from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ObjectDetector(VisionHandler):
    """Answers with what is to be seen in a picture: for each thing its class with its box, and its score."""

    image_processing = transforms.Compose([transforms.ToTensor()])

    # Things with a lower score are left out.
    threshold = 0.5

    def postprocess(self, data):
        """:param data: a list with a dictionary for each picture: "boxes" (things by 4), "labels" and "scores"."""
        return [self._things_in(found) for found in data]

    def _things_in(self, found):
        things = []
        sure = found["scores"] >= self.threshold
        boxes, labels, scores = (found[key][sure].tolist() for key in ("boxes", "labels", "scores"))
        for box, label, score in zip(boxes, labels, scores):
            thing = map_class_to_label([[box]], self.mapping, [[label]])[0]
            thing["score"] = score
            things.append(thing)
        return things
