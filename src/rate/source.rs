//! Where a request comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, connect_info::Connected},
    http::{HeaderMap, HeaderName, request::Parts},
    serve::IncomingStream,
};

use crate::http::{HttpState, stall::Attentive};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

impl Connected<IncomingStream<'_, Attentive>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Attentive>) -> Self {
        Self(SocketAddr::ip(stream.remote_addr()))
    }
}

/// An address as far as it tells one customer of a network from another: of IPv6, whose customers have many, the first half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl Source {
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        })
    }
}

impl Default for Source {
    /// Nowhere: of what was asked by nobody over the network.
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl FromRequestParts<HttpState> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>();
        let source = peer.map(|ConnectInfo(peer)| forwarded(*peer, &parts.headers, state.proxies));
        Ok(source.unwrap_or_default())
    }
}

/// Where a request comes from that came through so many proxies, each of which has added whom it was asked by to
/// `x-forwarded-for`. What is before that, anybody may have written.
fn forwarded(Peer(peer): Peer, headers: &HeaderMap, proxies: usize) -> Source {
    let Some(further) = proxies.checked_sub(1) else {
        return Source::of(peer);
    };
    // Any bytes: whatever a client writes, what proxies add behind it stays where it is.
    let told = headers.get_all(FORWARDED_FOR).iter();
    let told = told.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let told = told.collect::<Vec<_>>().into_iter().rev().nth(further);
    let address = told.and_then(|told| address(str::from_utf8(told).ok()?.trim()));
    Source::of(address.unwrap_or(peer))
}

/// An address, which some proxies write with its port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .ok()
        .or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(told: &[&'static str], proxies: usize) -> Source {
        let mut headers = HeaderMap::new();
        for told in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(told));
        }
        forwarded(Peer([10, 0, 0, 1].into()), &headers, proxies)
    }

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn what_proxies_tell_is_believed_as_far_as_there_are_proxies() {
        let told = ["203.0.113.9, 198.51.100.7", "10.0.0.2"];
        assert_eq!(seen(&told, 0), source("10.0.0.1"));
        assert_eq!(seen(&told, 1), source("10.0.0.2"));
        assert_eq!(seen(&told, 2), source("198.51.100.7"));
        assert_eq!(seen(&told, 3), source("203.0.113.9"));
        // Who has not come through them all, or through one that tells nonsense, is where it is seen.
        assert_eq!(seen(&told, 4), source("10.0.0.1"));
        assert_eq!(seen(&["unknown"], 1), source("10.0.0.1"));
        assert_eq!(seen(&[], 1), source("10.0.0.1"));
    }

    #[test]
    fn what_is_no_text_moves_nobody_elsewhere() {
        let mut headers = HeaderMap::new();
        for told in [b"66.6.6.6".as_slice(), b"\xe9, 203.0.113.5", b"10.0.0.2"] {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(told).unwrap());
        }
        let seen = |proxies| forwarded(Peer([10, 0, 0, 1].into()), &headers, proxies);
        assert_eq!(seen(2), source("203.0.113.5"));
        assert_eq!(
            seen(3),
            source("10.0.0.1"),
            "where it is seen, if a proxy tells nonsense"
        );
    }

    #[test]
    fn addresses_are_read_with_and_without_ports() {
        assert_eq!(seen(&["198.51.100.7:4711"], 1), source("198.51.100.7"));
        assert_eq!(seen(&["[2001:db8::7]:4711"], 1), source("2001:db8::7"));
        assert_eq!(seen(&["[2001:db8::7]"], 1), source("2001:db8::7"));
    }

    #[test]
    fn a_customers_addresses_are_one_source() {
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:198.51.100.7"), source("198.51.100.7"));
        assert_ne!(source("198.51.100.7"), source("198.51.100.8"));
    }
}
