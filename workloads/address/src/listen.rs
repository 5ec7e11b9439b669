//! A socket that takes connections of both families where its address is no family's.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait to be accepted; the system has a bound of its own below it.
const BACKLOG: i32 = 1024;

/// Errors of a system without IPv6: no such family (EAFNOSUPPORT), or no such address (EADDRNOTAVAIL).
const WITHOUT_IPV6: [i32; 2] = [97, 99];

/// Listens on `address`, without blocking. `[::]` takes IPv4 too, whatever the system's default is (net.ipv6.bindv6only);
/// where there is no IPv6 at all, it is `0.0.0.0`.
///
/// # Errors
/// Where the address is in use, not this machine's, or not allowed.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    listen_by(bind, address)
}

fn listen_by<T>(bind: impl Fn(SocketAddr) -> io::Result<T>, address: SocketAddr) -> io::Result<T> {
    match bind(address) {
        Err(error)
            if address.ip() == Ipv6Addr::UNSPECIFIED
                && error.raw_os_error().is_some_and(|code| WITHOUT_IPV6.contains(&code)) =>
        {
            bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
        }
        bound => bound,
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        socket.set_only_v6(false)?;
    }
    // A restart does not wait for connections of the process before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::TcpStream;

    use super::*;

    /// P18: pods listened on 0.0.0.0, which in a cluster of IPv6 alone nobody can reach.
    #[test]
    fn no_address_in_particular_takes_connections_of_both_families() {
        let port = listen("[::]:0".parse().unwrap()).unwrap().local_addr().unwrap().port();
        for host in ["127.0.0.1", "::1"] {
            let listener = listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).unwrap();
            // Where the system has no IPv6 there is nobody to connect.
            if host == "::1" && listener.local_addr().unwrap().is_ipv4() {
                continue;
            }
            TcpStream::connect((host, port)).unwrap_or_else(|error| panic!("{host}: {error}"));
        }
    }

    #[test]
    fn without_ipv6_it_is_every_ipv4_address() {
        for code in WITHOUT_IPV6 {
            let asked = RefCell::new(Vec::new());
            let bind = |address: SocketAddr| {
                asked.borrow_mut().push(address.to_string());
                if address.is_ipv6() { Err(io::Error::from_raw_os_error(code)) } else { Ok(()) }
            };
            listen_by(bind, "[::]:8080".parse().unwrap()).unwrap();
            assert_eq!(*asked.borrow(), ["[::]:8080", "0.0.0.0:8080"]);
        }
    }

    #[test]
    fn any_other_refusal_stands_and_so_does_one_of_an_address_in_particular() {
        let refusing = |code| move |_: SocketAddr| Err::<(), _>(io::Error::from_raw_os_error(code));
        let in_use = 98;
        for (address, code) in [("[::]:1", in_use), ("[::1]:1", 99), ("[fd00::1]:1", 97)] {
            let refused = listen_by(refusing(code), address.parse().unwrap());
            assert_eq!(refused.unwrap_err().raw_os_error(), Some(code), "{address}");
        }
    }
}
