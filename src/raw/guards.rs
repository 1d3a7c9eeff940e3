//! What guards, reservations and exclusive guards are made of.

pub(super) mod hold;

pub(super) mod holding;

pub(super) mod reservation;

pub(super) mod lease;

pub(super) mod exclusive_lease;

pub(super) mod loan;
