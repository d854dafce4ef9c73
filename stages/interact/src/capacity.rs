//! Who gets a channel when there is not room for all.

use rayon::slice::ParallelSliceMut;

/// A party that may be contacted by at least one channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Position of the party.
    pub(crate) party: u32,
    /// Its net money in minor units: who brings more is served first.
    pub(crate) worth: i128,
    /// Stable hash, which settles equal worth without favour.
    pub(crate) draw: u64,
    /// Our own id, which settles equal hashes.
    pub(crate) customer_id: i64,
    /// Whether it is held back: it takes no room, but needs that there is some.
    pub(crate) is_control: bool,
    /// Channels to try, in order.
    pub(crate) wishes: &'a [u8],
}

/// What a party was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A channel, by position.
    Channel(u8),
    /// Nothing: every channel was full; the first wish, by position.
    Full(u8),
}

/// Gives every claim the first of its wishes that has room, the worthiest first.
///
/// `room` is what each channel has left, none for no limit; it is lowered by what is given. A party
/// of the control group is given what it would have had at its rank, so that both arms are cut at
/// the same worth. Returns positions of parties with their places.
pub(crate) fn seat(claims: &mut [Claim<'_>], room: &mut [Option<u64>]) -> Vec<(u32, Place)> {
    // Where nothing is scarce the rank decides nothing.
    if room.iter().any(Option::is_some) {
        claims.par_sort_unstable_by(|a, b| {
            b.worth.cmp(&a.worth).then(a.draw.cmp(&b.draw)).then(a.customer_id.cmp(&b.customer_id))
        });
    }
    let mut places = Vec::with_capacity(claims.len());
    for claim in claims.iter() {
        let mut place = Place::Full(claim.wishes.first().copied().unwrap_or(0));
        for &channel in claim.wishes {
            let Some(left) = room.get_mut(usize::from(channel)) else { continue };
            match left {
                Some(0) => continue,
                Some(left) if !claim.is_control => *left -= 1,
                _ => {}
            }
            place = Place::Channel(channel);
            break;
        }
        places.push((claim.party, place));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(customer_id: i64, worth: i128, is_control: bool, wishes: &[u8]) -> Claim<'_> {
        Claim { party: customer_id as u32, worth, draw: 0, customer_id, is_control, wishes }
    }

    #[test]
    fn the_worthiest_come_first_and_the_others_take_their_next_wish() {
        let mut claims = [
            claim(1, 10, false, &[0, 1]),
            claim(2, 30, false, &[0, 1]),
            claim(3, 20, false, &[0]),
            claim(4, 5, false, &[0, 1]),
        ];
        let mut room = [Some(1), Some(1)];
        let places = seat(&mut claims, &mut room);
        assert_eq!(
            places,
            [
                (2, Place::Channel(0)),
                (3, Place::Full(0)),
                (1, Place::Channel(1)),
                (4, Place::Full(0)),
            ]
        );
        assert_eq!(room, [Some(0), Some(0)]);
    }

    #[test]
    fn the_control_group_takes_no_room_but_is_cut_at_the_same_worth() {
        let mut claims = [
            claim(1, 30, true, &[0]),
            claim(2, 20, false, &[0]),
            claim(3, 10, true, &[0]),
            claim(4, 5, false, &[0]),
        ];
        let places = seat(&mut claims, &mut [Some(1)]);
        assert_eq!(
            places,
            [
                (1, Place::Channel(0)),
                (2, Place::Channel(0)),
                (3, Place::Full(0)),
                (4, Place::Full(0)),
            ]
        );
    }

    #[test]
    fn equal_worth_goes_by_hash_then_by_id() {
        let mut claims = [
            Claim { draw: 9, ..claim(1, 10, false, &[0]) },
            Claim { draw: 3, ..claim(3, 10, false, &[0]) },
            Claim { draw: 3, ..claim(2, 10, false, &[0]) },
        ];
        let order: Vec<u32> =
            seat(&mut claims, &mut [Some(3)]).into_iter().map(|(party, _)| party).collect();
        assert_eq!(order, [2, 3, 1]);
    }
}
