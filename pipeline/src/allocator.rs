//! What is asked of the allocator of the C library, so that a night holds little more than it uses.
//!
//! Other allocators than glibc's are left as they are.

/// Has freed memory kept in as many places as there are cores, where all threads find it again.
///
/// Each thread of the engine would have a place of its own, up to eight a core, and a night would hold
/// a third more than it uses. To be called before any other thread runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc has no other setting but an environment variable")]
pub fn share_arenas() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // SAFETY: the call takes two numbers by value, and no other thread runs yet.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, i32::try_from(cores).unwrap_or(i32::MAX)) };
}

/// Gives what was freed back to the system.
///
/// A step's tables are many small pieces; one that outlives the others keeps them all from going back.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "nothing else gives back what lies between pieces in use")]
pub(crate) fn give_back() {
    // SAFETY: the call takes a number by value and locks each place it looks through.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_arenas() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
