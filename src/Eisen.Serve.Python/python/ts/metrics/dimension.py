"""What a metric's values are told apart by."""


class Dimension:
    """A name with a value, for instance ModelName:resnet."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __str__(self):
        return "%s:%s" % (self.name, self.value)

    def to_dict(self):
        return {"Name": self.name, "Value": self.value}
