//! One permission, as AddPermission and AddLayerVersionPermission give it, and the statement that AWS makes of it. Never
//! checks what the model checks.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>

use serde_json::{Map, Value, json};

/// A permission; members that were not given are none.
#[derive(Debug, Clone, Default)]
pub struct Permission<'a> {
    /// `StatementId`.
    pub sid: &'a str,
    /// `Action`.
    pub action: &'a str,
    /// `Principal`, as [`super::principal`] reads it; `*` where null.
    pub principal: Value,
    /// The ARN of what the policy stands on.
    pub resource: &'a str,
    /// `FunctionUrlAuthType`.
    pub function_url_auth_type: Option<&'a str>,
    /// `PrincipalOrgID` or `OrganizationId`.
    pub organization: Option<&'a str>,
    /// `SourceAccount`.
    pub source_account: Option<&'a str>,
    /// `EventSourceToken`.
    pub event_source_token: Option<&'a str>,
    /// `SourceArn`.
    pub source_arn: Option<&'a str>,
    /// `InvokedViaFunctionUrl`.
    pub invoked_via_function_url: Option<bool>,
}

impl Permission<'_> {
    /// The statement, its members in AWS's order.
    #[must_use]
    pub fn statement(&self) -> Value {
        let principal = if self.principal.is_null() { json!("*") } else { self.principal.clone() };
        let mut statement = json!({
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": self.resource,
        });
        let conditions = self.conditions();
        if !conditions.is_empty() {
            statement["Condition"] = Value::Object(conditions);
        }
        statement
    }

    fn conditions(&self) -> Map<String, Value> {
        let equal = [
            ("lambda:FunctionUrlAuthType", self.function_url_auth_type),
            ("aws:PrincipalOrgID", self.organization),
            ("AWS:SourceAccount", self.source_account),
            ("lambda:EventSourceToken", self.event_source_token),
        ];
        let invoked = self.invoked_via_function_url.map(|via| if via { "true" } else { "false" });
        let blocks = [
            ("StringEquals", given(&equal)),
            ("ArnLike", given(&[("AWS:SourceArn", self.source_arn)])),
            ("Bool", given(&[("lambda:InvokedViaFunctionUrl", invoked)])),
        ];
        let blocks = blocks.into_iter().filter(|(_, keys)| !keys.is_empty());
        blocks.map(|(operator, keys)| (operator.to_owned(), Value::Object(keys))).collect()
    }
}

fn given(keys: &[(&str, Option<&str>)]) -> Map<String, Value> {
    keys.iter().filter_map(|(key, value)| Some(((*key).to_owned(), json!((*value)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_stand_in_awss_order() {
        let all = Permission {
            sid: "s",
            action: "lambda:InvokeFunctionUrl",
            principal: json!({ "Service": "s3.amazonaws.com" }),
            resource: "r",
            function_url_auth_type: Some("NONE"),
            organization: Some("o-1234567890"),
            source_account: Some("111111111111"),
            event_source_token: Some("token"),
            source_arn: Some("arn:aws:s3:::b"),
            invoked_via_function_url: Some(true),
        };
        let text = concat!(
            r#"{"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"#,
            r#""Action":"lambda:InvokeFunctionUrl","Resource":"r","Condition":{"StringEquals":{"#,
            r#""lambda:FunctionUrlAuthType":"NONE","aws:PrincipalOrgID":"o-1234567890","#,
            r#""AWS:SourceAccount":"111111111111","lambda:EventSourceToken":"token"},"#,
            r#""ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"},"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}}"#,
        );
        assert_eq!(all.statement().to_string(), text);
    }
}
