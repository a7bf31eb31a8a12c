//! One client of the mixed load: one thing after the other, drawn by chance that is the same in every run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};

use super::tally::Tally;

/// How many functions are created, changed, called and deleted by all clients at once.
const CHANGING: usize = 4;

/// What all clients use.
#[derive(Debug)]
pub(super) struct Target {
    /// Functions that stay, and the hosts of their URLs.
    pub(super) urls: Vec<(String, String)>,
    pub(super) kinds: Vec<Kind>,
}

impl Target {
    /// Every function that may be there at the end.
    pub(super) fn names(&self) -> Vec<String> {
        let stay = self.urls.iter().map(|(name, _)| name.clone());
        let changing = (0..CHANGING).map(|number| format!("mixed-changing-{number}"));
        let own = (0..super::CLIENTS).map(|number| format!("mixed-own-{number}"));
        stay.chain(changing).chain(own).collect()
    }
}

/// One client.
pub(super) struct Client {
    number: usize,
    server: Arc<Lambent>,
    target: Arc<Target>,
    chance: u64,
    tally: Tally,
}

impl Client {
    pub(super) fn new(number: usize, server: Arc<Lambent>, target: Arc<Target>) -> Self {
        let chance = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(number as u64 + 1);
        Self { number, server, target, chance, tally: Tally::default() }
    }

    /// Does one thing after the other for the given time.
    pub(super) async fn run(mut self, start: Instant, length: Duration) -> Result<Tally> {
        let mut connection = Connection::open(self.server.address).await?;
        while start.elapsed() < length {
            match self.draw(100) {
                0..40 => self.call(&mut connection).await?,
                40..55 => self.event(&mut connection).await?,
                55..75 => self.url(&mut connection).await?,
                75..92 => self.change(&mut connection).await?,
                92..97 => self.come_and_go(&mut connection).await?,
                _ => self.read(&mut connection).await?,
            }
        }
        Ok(self.tally)
    }

    async fn call(&mut self, connection: &mut Connection) -> Result<()> {
        let name = self.stays().0;
        let request = self.server.invocation(&name)?;
        self.tell(connection, "invoke", &request, &[200]).await
    }

    async fn event(&mut self, connection: &mut Connection) -> Result<()> {
        let name = self.stays().0;
        let path = format!("{FUNCTIONS}/{name}/invocations");
        let headers = [("x-amz-invocation-type", "Event")];
        let request = self.server.request_with("POST", &path, &headers, r#"{"hello":"world"}"#.to_owned())?;
        self.tell(connection, "event", &request, &[202]).await
    }

    async fn url(&mut self, connection: &mut Connection) -> Result<()> {
        let host = self.stays().1;
        let body = r#"{"hello":"world"}"#;
        let request = format!(
            "POST /some/path?a=b HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.tell(connection, "url", request.as_bytes(), &[200]).await
    }

    /// One of the functions that everybody changes: it may be there or not, and at rest or not.
    async fn change(&mut self, connection: &mut Connection) -> Result<()> {
        let name = format!("mixed-changing-{}", self.draw(CHANGING as u64));
        let function = format!("{FUNCTIONS}/{name}");
        let kind = self.kind();
        let server = Arc::clone(&self.server);
        let body = |timeout: usize| json!({ "Timeout": timeout }).to_string();
        match self.draw(10) {
            0..5 => {
                let request = server.invocation(&name)?;
                self.tell(connection, "invoke changing", &request, &[200, 404, 409]).await
            }
            5..7 => {
                let request = server.creation(&name, &kind, &name)?;
                self.tell(connection, "create changing", &request, &[201, 409]).await
            }
            7..9 => {
                let timeout = 20 + self.draw(20);
                let request = server.request("PUT", &format!("{function}/configuration"), body(timeout))?;
                self.tell(connection, "update changing", &request, &[200, 404, 409]).await
            }
            _ => {
                let request = server.request("DELETE", &function, String::new())?;
                self.tell(connection, "delete changing", &request, &[200, 204, 404, 409]).await
            }
        }
    }

    /// A function of its own: created, called cold, and deleted.
    async fn come_and_go(&mut self, connection: &mut Connection) -> Result<()> {
        let name = format!("mixed-own-{}", self.number);
        let kind = self.kind();
        let request = self.server.creation(&name, &kind, &name)?;
        self.tell(connection, "create", &request, &[201]).await?;
        let request = self.server.invocation(&name)?;
        self.tell(connection, "invoke cold", &request, &[200, 409]).await?;
        let request = self.server.request("DELETE", &format!("{FUNCTIONS}/{name}"), String::new())?;
        self.tell(connection, "delete", &request, &[200, 204]).await
    }

    async fn read(&mut self, connection: &mut Connection) -> Result<()> {
        let name = self.stays().0;
        let path = if self.draw(2) == 0 { FUNCTIONS.to_owned() } else { format!("{FUNCTIONS}/{name}") };
        let request = self.server.request("GET", &path, String::new())?;
        self.tell(connection, "read", &request, &[200]).await
    }

    /// Sends a request, and writes down what came of it. A connection that ends is a failure of the server.
    async fn tell(
        &mut self,
        connection: &mut Connection,
        what: &'static str,
        request: &[u8],
        good: &[u16],
    ) -> Result<()> {
        let sent = host::now();
        match connection.exchange(request).await {
            Ok(answer) => self.tally.answered(what, &answer, good, sent.elapsed()),
            Err(error) => {
                self.tally.broken(what, &error);
                *connection = Connection::open(self.server.address).await?;
            }
        }
        Ok(())
    }

    /// One of the functions that stay.
    fn stays(&mut self) -> (String, String) {
        let which = self.draw(self.target.urls.len() as u64);
        self.target.urls[which].clone()
    }

    fn kind(&mut self) -> Kind {
        let which = self.draw(self.target.kinds.len() as u64);
        self.target.kinds[which].clone()
    }

    /// A number below `below`, by xorshift: as even as a load needs.
    fn draw(&mut self, below: u64) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        usize::try_from((self.chance >> 11) % below).unwrap_or(0)
    }
}
