//! What an operation needs beside the permission of its own name: the role it passes on, the layers it attaches, the tags
//! it sets. Never asked of the owner.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-function.html>

use lambent_core::lambda::layer::LayerId;

use super::Case;
use super::need::{Need, text, texts};
use super::resource::Resource;
use super::tags::{brings_tags, requested};

impl Case<'_> {
    /// Everything else that is needed.
    pub(super) fn also(&self) -> Vec<Need> {
        match (self.exchange.service.signing_name, self.operation.name) {
            ("lambda", "CreateFunction" | "UpdateFunctionConfiguration") => {
                let passed = self.passed_role();
                passed.into_iter().chain(self.layers()).chain(self.tagging("lambda:TagResource")).collect()
            }
            ("lambda", "CreateEventSourceMapping" | "CreateCodeSigningConfig") => {
                self.tagging("lambda:TagResource").collect()
            }
            ("lambda", "PutFunctionCodeSigningConfig") => {
                let config = text(self.members, "CodeSigningConfigArn");
                config.map(|arn| Need::of("lambda:PutFunctionCodeSigningConfig", arn)).into_iter().collect()
            }
            ("logs", "CreateLogGroup") => self.log_group_tags(),
            (
                "monitoring",
                name @ ("DescribeAlarms" | "DeleteAlarms" | "EnableAlarmActions" | "DisableAlarmActions"),
            ) => self.alarms(name),
            ("iam", "UpdateUser") => self.renamed_user().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// `iam:PassRole`, for a role of the caller's account: another account's nobody may pass.
    fn passed_role(&self) -> Option<Need> {
        let role = text(self.members, "Role")?;
        let own = role.split(':').nth(4) == Some(self.caller.account.as_str());
        let keys = vec![
            ("iam:PassedToService".to_owned(), vec!["lambda.amazonaws.com".to_owned()]),
            ("iam:AssociatedResourceArn".to_owned(), vec![self.resource.arn()]),
        ];
        (own && role.contains(":role/")).then(|| Need::of("iam:PassRole", role).with(keys))
    }

    /// The account's own layers; another account's are asked for with the layer's policy when they are attached.
    fn layers(&self) -> Vec<Need> {
        let own = |arn: &String| {
            let id = LayerId::read_version(arn)?.0;
            (id.account == self.caller.account).then(|| Need::of("lambda:GetLayerVersion", arn))
        };
        texts(self.members, "Layers").iter().filter_map(own).collect()
    }

    fn tagging(&self, action: &'static str) -> impl Iterator<Item = Need> + use<> {
        let need = brings_tags(self.members)
            .then(|| Need::of(action, self.resource.arn()).with(requested(self.members)));
        need.into_iter()
    }

    fn log_group_tags(&self) -> Vec<Need> {
        let tags = requested(self.members);
        let Resource::LogGroup { .. } = self.resource else { return Vec::new() };
        if tags.is_empty() {
            return Vec::new();
        }
        vec![Need::of("logs:TagResource", self.resource.arn()).with(tags)]
    }

    /// The user as it is to be: who renames one needs the permission for both names.
    fn renamed_user(&self) -> Option<Need> {
        let (name, path) = (text(self.members, "NewUserName"), text(self.members, "NewPath"));
        let now = self.resource.arn();
        let (before, rest) = now.split_once(":user/")?;
        let (old_path, old_name) = rest.rsplit_once('/').unwrap_or(("", rest));
        let path = path.map_or(old_path, |path| path.trim_matches('/'));
        let path = if path.is_empty() { String::new() } else { format!("{path}/") };
        let then = format!("{before}:user/{path}{}", name.unwrap_or(old_name));
        (then != now).then(|| Need::of("iam:UpdateUser", then))
    }

    /// Every alarm but the first, which the operation's own permission is about.
    fn alarms(&self, operation: &str) -> Vec<Need> {
        let action = format!("cloudwatch:{operation}");
        let names = texts(self.members, "AlarmNames");
        names.iter().skip(1).map(|name| Need::of(&action, super::named::alarm(self.caller, name))).collect()
    }
}
