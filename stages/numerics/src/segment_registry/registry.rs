//! Ids in use, ids retired, the next one.

use std::collections::BTreeSet;

use super::RegistryError;

/// Which segment ids are taken; to be stored with the centroids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRegistry {
    active: Vec<u32>,
    retired: BTreeSet<u32>,
    next_id: u32,
}

impl SegmentRegistry {
    /// Restores a registry: the id of each cluster in the order of its centroids, the retired ids,
    /// and the id that the next new segment gets.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] when an id is there twice, or the next one was used already.
    pub fn new(
        active: Vec<u32>,
        retired: impl IntoIterator<Item = u32>,
        next_id: u32,
    ) -> Result<Self, RegistryError> {
        let mut taken = BTreeSet::new();
        let mut retired_ids = BTreeSet::new();
        for id in retired {
            if !taken.insert(id) {
                return Err(RegistryError::Duplicate(id));
            }
            retired_ids.insert(id);
        }
        if let Some(&id) = active.iter().find(|&&id| !taken.insert(id)) {
            return Err(RegistryError::Duplicate(id));
        }
        match taken.last() {
            Some(&largest) if largest >= next_id => Err(RegistryError::NextId { next_id, largest }),
            _ => Ok(Self { active, retired: retired_ids, next_id }),
        }
    }

    /// Begins with no segment; ids will count from 1.
    pub fn empty() -> Self {
        Self { active: Vec::new(), retired: BTreeSet::new(), next_id: 1 }
    }

    /// Returns the id of each cluster, in the order of the centroids.
    pub fn active(&self) -> &[u32] {
        &self.active
    }

    /// Returns the ids that were used and will not be again, ascending.
    pub fn retired(&self) -> impl Iterator<Item = u32> {
        self.retired.iter().copied()
    }

    /// Returns the id that the next new segment gets.
    pub fn next_id(&self) -> u32 {
        self.next_id
    }

    /// Returns the registry of the next night.
    pub(super) fn next(&self, active: Vec<u32>, died: &[u32], next_id: u32) -> Self {
        let mut retired = self.retired.clone();
        retired.extend(died);
        Self { active, retired, next_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_contradict_each_other_are_refused() {
        let message = |active: &[u32], retired: &[u32], next_id| {
            SegmentRegistry::new(active.to_vec(), retired.to_vec(), next_id)
                .expect_err("refused")
                .to_string()
        };
        let twice = "segment id 2 is there twice, among those in use and those retired";
        assert_eq!(message(&[2, 2], &[], 9), twice);
        assert_eq!(message(&[2], &[2], 9), twice);
        assert_eq!(message(&[], &[2, 2], 9), twice);
        assert_eq!(
            message(&[1, 5], &[7], 7),
            "the next segment id is 7, expected more than 7, which was used"
        );
        let restored = SegmentRegistry::new(vec![5, 1], [7, 3], 8).expect("sound");
        assert_eq!(restored.active(), [5, 1]);
        assert_eq!(restored.retired().collect::<Vec<_>>(), [3, 7]);
        assert_eq!(SegmentRegistry::empty().next_id(), 1);
    }
}
