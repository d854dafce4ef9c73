//! Memory of the engine's operators: free for all at first, fair when it becomes scarce.
//!
//! `FairSpillPool` gives each operator that can spill an equal share, however little the others need, so
//! that one large grouping spills while most of the memory lies idle. `GreedyMemoryPool` lets the first
//! operator take everything and starves the next. Here operators take what they need while less than
//! three quarters are taken; of the last quarter each has its fair share.

use std::sync::Mutex;

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// Memory that is shared out as the module tells.
#[derive(Debug)]
pub(super) struct SharedMemory {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    n_spilling: usize,
}

impl SharedMemory {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // A holder that panicked left whole numbers behind.
        change(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl std::fmt::Display for SharedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "shared({} bytes)", self.limit)
    }
}

impl MemoryPool for SharedMemory {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            self.with(|state| state.n_spilling += 1);
        }
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            self.with(|state| state.n_spilling = state.n_spilling.saturating_sub(1));
        }
    }

    fn grow(&self, _: &MemoryReservation, additional: usize) {
        self.with(|state| state.used += additional);
    }

    fn shrink(&self, _: &MemoryReservation, shrink: usize) {
        self.with(|state| state.used = state.used.saturating_sub(shrink));
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.with(|state| {
            let used = state.used + additional;
            let free_for_all = self.limit / 4 * 3;
            let fair_share = (self.limit - free_for_all) / state.n_spilling.max(1);
            let own = reservation.size() + additional;
            let can_spill = reservation.consumer().can_spill();
            let fits = used <= self.limit && (!can_spill || own <= fair_share);
            if used <= free_for_all || fits {
                state.used = used;
                return Ok(());
            }
            Err(resources_datafusion_err!(
                "{additional} bytes more, beside the {} of {} taken",
                state.used,
                self.limit
            ))
        })
    }

    fn reserved(&self) -> usize {
        self.with(|state| state.used)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn consumer(pool: &Arc<dyn MemoryPool>, can_spill: bool) -> MemoryReservation {
        MemoryConsumer::new("operator").with_can_spill(can_spill).register(pool)
    }

    #[test]
    fn one_operator_takes_most_and_leaves_a_share() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedMemory::new(800));
        let large = consumer(&pool, true);
        let late = consumer(&pool, true);
        assert!(large.try_grow(600).is_ok());
        assert!(large.try_grow(1).is_err());
        assert!(late.try_grow(100).is_ok());
        assert!(late.try_grow(1).is_err());
        large.free();
        assert!(late.try_grow(400).is_ok());
    }

    #[test]
    fn what_cannot_spill_may_have_the_rest() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedMemory::new(800));
        let build_side = consumer(&pool, false);
        assert!(build_side.try_grow(800).is_ok());
        assert!(build_side.try_grow(1).is_err());
        drop(build_side);
        assert_eq!(pool.reserved(), 0);
    }
}
