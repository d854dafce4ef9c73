//! The night: raw transactions in, segment and offer files out.
