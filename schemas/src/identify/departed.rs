//! Tables of references that no feed names any more, and of ids that ended with them.

use crate::table::tables;

tables! {
    /// One party reference that a feed named and none names any more, kept for 400 days: a feed that comes
    /// late, or a customer that comes back, finds its id again.
    departed_reference v 1 key(party_ref) {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Our own id that it had when it was named last, or the one that stands for it since.
        customer_id: i64 as Id in Pseudonym,
        /// First logical date without it.
        departed_on: Date as Day,
    }

    /// One party reference that was not named last night, and the id that stands for the one it had.
    departed_last_night v 1 key(party_ref) transient {
        /// Key of the party in its source.
        party_ref: String as Id in Pseudonym,
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
        /// Logical date on which the id was first given out; null when nobody noted it.
        since: Option<Date> as Day,
    }

    /// One id that ended: nobody else may have it.
    id_gone v 1 key(customer_id) transient {
        /// Our own id.
        customer_id: i64 as Id in Pseudonym,
    }
}
