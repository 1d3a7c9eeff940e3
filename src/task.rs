//! Tasks that live in the slots of a slab.
