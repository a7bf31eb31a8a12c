//! The host's network and other sandboxes' Runtime APIs.

use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use lambent_sandbox::{Answer, Network};

use super::attempts;
use super::stage::{LIMIT, PROBE, on_stage};

#[test]
fn the_hosts_loopback_is_out_of_reach() {
    on_stage(|stage| async move {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        std::net::TcpStream::connect(("127.0.0.1", port)).expect("the host itself reaches it");
        let name = format!("lambent-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let _unix = UnixListener::bind_addr(&address).unwrap();
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                (&format!("socket.create_connection(('127.0.0.1', {port}))"), "ECONNREFUSED"),
                (&format!("socket.create_connection(('127.0.0.2', {port}))"), "ECONNREFUSED"),
                (&format!("socket.socket(socket.AF_UNIX).connect('\\0{name}')"), "ECONNREFUSED"),
                ("socket.create_connection(('192.0.2.1', 80))", "ENETUNREACH"),
                ("socket.create_connection(('10.0.0.1', 80))", "ENETUNREACH"),
                ("socket.create_connection(('169.254.169.254', 80))", "ENETUNREACH"),
                ("socket.create_connection(('2001:db8::1', 80))", "ENETUNREACH"),
                (
                    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
                    "ENETUNREACH",
                ),
            ],
        )
        .await;
        assert_eq!(
            probe.value("result = [name for _, name in socket.if_nameindex()]").await,
            serde_json::json!(["lo"])
        );
        tcp.set_nonblocking(true).unwrap();
        tcp.accept().expect("the host's own connection");
        assert!(tcp.accept().is_err(), "nobody else came");
    });
}

#[test]
fn raw_and_foreign_sockets_cannot_be_opened() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "EPERM"),
                ("socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)", "EPERM"),
                ("socket.socket(17, socket.SOCK_RAW, 0)", "EAFNOSUPPORT"),
                ("socket.socket(38, socket.SOCK_SEQPACKET, 0)", "EAFNOSUPPORT"),
                ("socket.socket(40, socket.SOCK_STREAM, 0)", "EAFNOSUPPORT"),
                ("socket.socket(16, socket.SOCK_RAW, 12)", "EPERM"),
                ("socket.socket(16, socket.SOCK_RAW, 15)", "EPERM"),
                ("socket.socket(socket.AF_INET, socket.SOCK_STREAM)", "ok"),
            ],
        )
        .await;
    });
}

#[test]
fn in_the_hosts_network_others_do_not_reach_the_runtime_api() {
    on_stage(|stage| async move {
        let mut spec = stage.python(PROBE);
        spec.network = Network::Host;
        let mut one = stage.probe_in(&spec).await;
        let mut other = stage.probe_in(&spec).await;
        let address = one.value("result = os.environ['AWS_LAMBDA_RUNTIME_API']").await;
        let address = address.as_str().unwrap().to_owned();
        let ask = "GET /2018-06-01/ping HTTP/1.1\r\n\r\n";
        // The host's own processes, root's too.
        let asked = address.clone();
        let told = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(asked).unwrap();
            let mut told = Vec::new();
            _ = stream.write_all(ask.as_bytes()).and_then(|()| stream.read_to_end(&mut told));
            told
        });
        assert_eq!(told.await.unwrap(), b"");
        // Another sandbox, and for comparison its own.
        let code = |address: &str| {
            format!(
                "
s = socket.create_connection('{address}'.split(':'))
result = []
attempt(lambda: (s.sendall({ask:?}.encode()), result.append(s.recv(100).decode())))
result = ''.join(result)[:12]
"
            )
        };
        assert_eq!(other.value(&code(&address)).await, "");
        assert_eq!(one.value(&code(&address)).await, "HTTP/1.1 200");
    });
}

#[test]
fn each_sandbox_has_a_runtime_api_of_its_own() {
    on_stage(|stage| async move {
        let mut one = stage.probe().await;
        let mut other = stage.probe().await;
        // While one holds an event, the other tries to answer it: at its own API the id means nothing.
        let secret = "result = request_id";
        let id = one.value(secret).await;
        let steal = format!(
            "result = Api().call('POST', 'invocation/{}x/response', b'stolen')[0]",
            id.as_str().unwrap()
        );
        let attempts = [steal, "result = Api().call('GET', 'invocation/next')[0]".to_owned()];
        let expected = [400, 403];
        for (code, status) in attempts.iter().zip(expected) {
            assert_eq!(other.value(code).await, status, "{code}");
        }
        let (first, second) =
            tokio::join!(one.invoke("result = 'one'", LIMIT), other.invoke("result = 'other'", LIMIT));
        let body = |answer: Answer| match answer {
            Answer::Response { body, .. } => String::from_utf8(body.to_vec()).unwrap(),
            Answer::Error(_)
            | Answer::Streamed { .. }
            | Answer::TooLarge
            | Answer::Exited(_)
            | Answer::Extension(_)
            | Answer::TimedOut => {
                panic!("{answer:?}")
            }
        };
        assert_eq!((body(first), body(second)), ("\"one\"".to_owned(), "\"other\"".to_owned()));
    });
}
