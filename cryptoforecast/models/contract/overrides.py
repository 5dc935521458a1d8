"""Which methods a subclass or an object has written itself."""


def is_overridden(owner: object, name: str, base: type) -> bool:
    """Whether a method of an object is another than that of ``base``, by its class or by an attribute of its own."""
    return getattr(getattr(owner, name), "__func__", None) is not getattr(base, name)
