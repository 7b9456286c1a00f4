internal import CCurl

extension TransferFailure {
  /// What libcurl's code means to a user.
  init(code: CURLcode, message: String, stallSeconds: Int) {
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      self.init(reason: "no connection came about in \(stallSeconds) s (\(message))", isTransient: true)
    case CURLE_TOO_MANY_REDIRECTS:
      self.init(
        reason: "the server sends the request on and on, more than 10 times", isTransient: false,
        advice: "Another place that serves the files can be named with --mirror.")
    case CURLE_UNSUPPORTED_PROTOCOL:
      self.init(
        reason: "the server sends the request on to an address that is not https (\(message))", isTransient: false,
        advice: "That would give up the protection of https, so it is refused.")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      self.init(
        reason: "the server's certificate cannot be verified (\(message))", isTransient: false,
        advice: "Install the package ca-certificates, or name the certificates to trust in SSL_CERT_FILE.")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
      self.init(
        reason: message, isTransient: true,
        advice: "Is this machine on the network? A proxy is named in https_proxy, another server with --mirror.")
    case CURLE_URL_MALFORMAT:
      self.init(reason: "the address is malformed (\(message))", isTransient: false, advice: "Check --mirror.")
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_SSL_CONNECT_ERROR,
      CURLE_HTTP2, CURLE_HTTP2_STREAM:
      self.init(reason: "the connection broke (\(message))", isTransient: true)
    default:
      self.init(reason: message, isTransient: false)
    }
  }
}
