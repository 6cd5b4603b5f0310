/// The configuration that is bundled in the binary, for `--print-default-config` and a start without a file (SHIP-2).
///
/// `config/default.yaml` is generated from it by `make generate`; a test keeps them equal.
package enum DefaultConfiguration {
    package static let text = #"""
        # yaml-language-server: $schema=yatagarasu.schema.json
        #
        # The configuration that is bundled in the binary. It is used when neither `--config` nor `config.yaml` is there,
        # and takes what it needs from the environment:
        #
        #   S3_BUCKET               required  name of the bucket
        #   AWS_ACCESS_KEY_ID       required
        #   AWS_SECRET_ACCESS_KEY   required
        #   AWS_SESSION_TOKEN                 of temporary keys
        #   S3_REGION                         us-east-1
        #   S3_ENDPOINT                       URL of an S3 service other than AWS
        #   PATH_PREFIX                       /
        #   PORT                              8080
        server:
          port: ${PORT:-8080}

        buckets:
          - name: default
            path_prefix: ${PATH_PREFIX:-/}
            s3:
              bucket: ${S3_BUCKET}
              region: ${S3_REGION:-us-east-1}
              endpoint: ${S3_ENDPOINT:-}
              access_key: ${AWS_ACCESS_KEY_ID}
              secret_key: ${AWS_SECRET_ACCESS_KEY}
              session_token: ${AWS_SESSION_TOKEN:-}

        """#
}
