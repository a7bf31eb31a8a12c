//! Users, roles and sessions for the tests of who may what, made through the query services. Never a test itself.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use lambent_dispatch::SessionKeys;
use lambent_services::pipeline;
use lambent_testkit::TestServer;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "000000000000";

/// One statement that allows.
pub(crate) fn statement(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// A policy of these statements.
pub(crate) fn statements(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// A policy that allows one thing.
pub(crate) fn allow(action: &str, resource: &str) -> String {
    statements(&[statement(action, resource)])
}

/// A trust policy for a service, or for an account or ARN.
pub(crate) fn trust(principal: &str) -> String {
    let kind = if principal.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
    statements(&[json!({ "Effect": "Allow", "Principal": { kind: principal }, "Action": "sts:AssumeRole" })])
}

/// What signs requests.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) token: Option<String>,
}

impl From<SessionKeys> for Keys {
    fn from(keys: SessionKeys) -> Self {
        Self { id: keys.access_key_id, token: Some(keys.session_token) }
    }
}

impl Keys {
    /// Those of an account's owner.
    pub(crate) fn owner(account: &str) -> Self {
        Self { id: account.to_owned(), token: None }
    }

    /// Those of a new user with this policy.
    pub(crate) async fn of_user(server: &TestServer, name: &str, policy: &str) -> Self {
        Self::of_user_in(server, ACCOUNT, name, policy).await
    }

    /// The same in some account.
    pub(crate) async fn of_user_in(server: &TestServer, account: &str, name: &str, policy: &str) -> Self {
        let owner = Self::owner(account);
        owner.must(server, "iam", &[("Action", "CreateUser"), ("UserName", name)]).await;
        owner.put(server, name, "p", policy).await;
        let made = owner.must(server, "iam", &[("Action", "CreateAccessKey"), ("UserName", name)]).await;
        Self { id: element(&made, "AccessKeyId"), token: None }
    }

    /// Gives a user another policy, in the owner's name.
    pub(crate) async fn put(&self, server: &TestServer, user: &str, name: &str, policy: &str) {
        let owner = if self.id.len() == 12 { self.clone() } else { Self::owner(ACCOUNT) };
        let form = [
            ("Action", "PutUserPolicy"),
            ("UserName", user),
            ("PolicyName", name),
            ("PolicyDocument", policy),
        ];
        owner.must(server, "iam", &form).await;
    }

    /// The keys of a role that these assume; the answer where they may not.
    pub(crate) async fn assume(
        &self,
        server: &TestServer,
        role: &str,
        more: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        let mut form = vec![("Action", "AssumeRole"), ("RoleArn", role), ("RoleSessionName", "session")];
        form.extend(more);
        let (status, answer) = self.query(server, "sts", &form).await;
        if status != 200 {
            return Err((status, format!("{}: {}", element(&answer, "Code"), element(&answer, "Message"))));
        }
        Ok(Self { id: element(&answer, "AccessKeyId"), token: Some(element(&answer, "SessionToken")) })
    }

    /// Calls an operation of Lambda: status, and the message or the body.
    pub(crate) async fn call(
        &self,
        server: &TestServer,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (u16, String) {
        let request = self.signed("lambda").method(method).uri(path);
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = request.body(Full::new(body)).expect("tests write valid paths");
        let response = pipeline::handle(&server.server, request).await;
        let value: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let message = value.get("Message").or_else(|| value.get("message")).and_then(Value::as_str);
        let text = || String::from_utf8_lossy(response.body()).into_owned();
        (response.status().as_u16(), message.map_or_else(text, str::to_owned))
    }

    /// Calls an operation of a query service, which must succeed.
    pub(crate) async fn must(&self, server: &TestServer, service: &str, form: &[(&str, &str)]) -> String {
        let (status, answer) = self.query(server, service, form).await;
        assert_eq!(status, 200, "{form:?}: {answer}");
        answer
    }

    /// Calls an operation of a query service: status and XML.
    pub(crate) async fn query(
        &self,
        server: &TestServer,
        service: &str,
        form: &[(&str, &str)],
    ) -> (u16, String) {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pair = |(key, value): &(&str, &str)| {
            if *key == "Action" { format!("Action={value}") } else { format!("{key}={}", encode(value)) }
        };
        let body = form.iter().map(pair).collect::<Vec<_>>().join("&");
        let request = self.signed(service).method(Method::POST).uri("/");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Full::new(Bytes::from(body))).expect("tests write valid forms");
        let response = pipeline::handle(&server.server, request).await;
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    }

    fn signed(&self, service: &str) -> http::request::Builder {
        let scope = format!("{}/20260101/us-east-1/{service}/aws4_request", self.id);
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let request = Request::builder().header("host", "test").header("authorization", signed);
        match &self.token {
            Some(token) => request.header("x-amz-security-token", token),
            None => request,
        }
    }
}

/// Calls IAM as the owner.
pub(crate) async fn iam(server: &TestServer, form: &[(&str, &str)]) -> String {
    Keys::owner(ACCOUNT).must(server, "iam", form).await
}

/// A new role's ARN.
pub(crate) async fn role(server: &TestServer, name: &str, trust: &str) -> String {
    let form = [("Action", "CreateRole"), ("RoleName", name), ("AssumeRolePolicyDocument", trust)];
    element(&iam(server, &form).await, "Arn")
}

/// Gives a role its policy.
pub(crate) async fn put_role_policy(server: &TestServer, role: &str, policy: &str) {
    let form =
        [("Action", "PutRolePolicy"), ("RoleName", role), ("PolicyName", "p"), ("PolicyDocument", policy)];
    iam(server, &form).await;
}

/// A new managed policy's ARN.
pub(crate) async fn managed(server: &TestServer, name: &str, policy: &str) -> String {
    let form = [("Action", "CreatePolicy"), ("PolicyName", name), ("PolicyDocument", policy)];
    element(&iam(server, &form).await, "Arn")
}

/// The text of the first element of that name.
pub(crate) fn element(xml: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let Some((_, rest)) = xml.split_once(open.as_str()) else { return String::new() };
    rest.split('<').next().unwrap_or_default().replace("&apos;", "'").replace("&quot;", "\"")
}
