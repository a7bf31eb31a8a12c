package lambent.runtime;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import java.util.LinkedHashMap;
import java.util.Map;
import lambent.runtime.json.Reader;

/** Who called, out of the JSON of the Runtime API's headers; a header that is absent gives nothing. */
final class Caller {
    private Caller() {}

    static ClientContext client(String header) {
        Object all = header == null || header.isEmpty() ? null : Reader.read(header);
        return all instanceof Map ? new Said((Map<?, ?>) all) : null;
    }

    static CognitoIdentity identity(String header) {
        Object all = header == null || header.isEmpty() ? null : Reader.read(header);
        return all instanceof Map ? new Identity((Map<?, ?>) all) : null;
    }

    private static String text(Map<?, ?> from, String name) {
        Object value = from.get(name);
        return value == null ? null : value.toString();
    }

    private static Map<String, String> texts(Object from) {
        if (!(from instanceof Map)) return null;
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) from).entrySet()) {
            texts.put((String) entry.getKey(), entry.getValue() == null ? null : entry.getValue().toString());
        }
        return texts;
    }

    private static final class Identity implements CognitoIdentity {
        private final Map<?, ?> all;

        Identity(Map<?, ?> all) {
            this.all = all;
        }

        @Override
        public String getIdentityId() {
            return text(all, "cognitoIdentityId");
        }

        @Override
        public String getIdentityPoolId() {
            return text(all, "cognitoIdentityPoolId");
        }
    }

    private static final class Said implements ClientContext {
        private final Map<?, ?> all;

        Said(Map<?, ?> all) {
            this.all = all;
        }

        @Override
        public Client getClient() {
            Object client = all.get("client");
            return client instanceof Map ? new Application((Map<?, ?>) client) : null;
        }

        @Override
        public Map<String, String> getCustom() {
            return texts(all.get("custom"));
        }

        @Override
        public Map<String, String> getEnvironment() {
            return texts(all.get("env"));
        }
    }

    private static final class Application implements Client {
        private final Map<?, ?> all;

        Application(Map<?, ?> all) {
            this.all = all;
        }

        @Override
        public String getInstallationId() {
            return text(all, "installation_id");
        }

        @Override
        public String getAppTitle() {
            return text(all, "app_title");
        }

        @Override
        public String getAppVersionName() {
            return text(all, "app_version_name");
        }

        @Override
        public String getAppVersionCode() {
            return text(all, "app_version_code");
        }

        @Override
        public String getAppPackageName() {
            return text(all, "app_package_name");
        }
    }
}
