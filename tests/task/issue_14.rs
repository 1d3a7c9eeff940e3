//! Issue 14: lost wakes, dead weight and disturbed tasks. One file for each group of points, each test by its point.

mod budgets;
mod claims;
mod drivers;
mod ids;
mod late_spawns;
mod looks;
mod memory;
mod shown;
mod stale_wakers;
mod turns;
mod weight;
