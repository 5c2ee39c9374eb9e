// Address, stream, TLS, login: each step says what is wrong with it, as the library's own words help nobody.
#include <kj/compat/tls.h>

#include <fstream>
#include <iterator>
#include <string>

#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_writer.h"
#include "formats/wire/socket_stream.h"

namespace chartline::client {
namespace {

constexpr std::uint64_t message_bytes_max = 256u << 20;  // of one answer
constexpr std::size_t read_ahead_bytes = 16u << 10;

capnp::ReaderOptions reader_options() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = message_bytes_max / sizeof(capnp::word);
  options.nestingLimit = 32;
  return options;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) return unavailable(path + ": the file cannot be read");
  if (text.empty()) return not_found(path + ": there is no such file, or it is empty");
  return text;
}

std::string host_of(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

// The step's promise; a failure of it becomes `why`, unless an earlier step has said what is wrong.
template <typename T>
kj::Promise<T> or_say(kj::Promise<T> step, Error why) {
  return step.catch_([why = std::move(why)](kj::Exception&& thrown) -> kj::Promise<T> {
    const std::string_view text(thrown.getDescription().begin(), thrown.getDescription().size());
    return text.starts_with("chartline: ") ? kj::mv(thrown) : refusal(why);
  });
}

Result<kj::Own<kj::TlsContext>> tls_context(const Tls& tls) {
  const std::string authorities = tls.authorities_file.empty() ? "" : TRY(read_file(tls.authorities_file));
  const std::string certificate = tls.certificate_file.empty() ? "" : TRY(read_file(tls.certificate_file));
  const std::string key = tls.certificate_file.empty() ? "" : TRY(read_file(tls.key_file));
  kj::Own<kj::TlsContext> context;
  const auto thrown = kj::runCatchingExceptions([&] {
    kj::TlsContext::Options options;
    kj::Vector<kj::TlsCertificate> trusted;
    kj::Maybe<kj::TlsKeypair> own;
    if (!authorities.empty()) {
      trusted.add(kj::TlsCertificate(authorities.c_str()));
      options.useSystemTrustStore = false;
      options.trustedCertificates = trusted;
    }
    if (!certificate.empty()) {
      own = kj::TlsKeypair{kj::TlsPrivateKey(key.c_str(), nullptr), kj::TlsCertificate(certificate.c_str())};
      options.defaultKeypair = own;
    }
    context = kj::heap<kj::TlsContext>(options);
  });
  if (thrown != nullptr) return invalid_request("a certificate or its key is not PEM, or does not fit");
  return context;
}

kj::Promise<kj::Own<kj::AsyncIoStream>> secured(kj::Own<kj::AsyncIoStream> stream, const Options& options) {
  if (!options.tls) return kj::mv(stream);
  auto context = tls_context(*options.tls);
  if (!context) return refusal(context.error());
  const std::string name = options.tls->server_name.empty() ? host_of(options.address) : options.tls->server_name;
  auto held = std::move(context).value();
  auto wrapped = held->wrapClient(kj::mv(stream), name.c_str());
  return or_say(kj::mv(wrapped),
                denied("the server has no certificate that is trusted for " + name + ", or speaks no TLS"))
      .attach(kj::mv(held), kj::heapString(name.c_str()));
}

void write_credential(const Options& options, wire::Credential::Builder into) {
  if (!options.token.empty()) {
    into.setToken(options.token);
  } else if (!options.user.empty()) {
    auto password = into.initPassword();
    password.setUser(options.user);
    password.setPassword(options.password);
  } else {
    into.setNone();
  }
}

kj::Promise<void> log_in(Loop& loop, const Options& options) {
  capnp::MallocMessageBuilder room;
  auto other = room.initRoot<capnp::rpc::twoparty::VatId>();
  other.setSide(capnp::rpc::twoparty::Side::SERVER);
  loop.network = kj::heap<capnp::TwoPartyVatNetwork>(*loop.stream, capnp::rpc::twoparty::Side::CLIENT, reader_options());
  loop.rpc = capnp::makeRpcClient(*loop.network);
  auto door = KJ_ASSERT_NONNULL(loop.rpc).bootstrap(other).castAs<wire::Door>();
  auto request = door.loginRequest();
  write_credential(options, request.initCredential());
  auto asked = request.initRequest();
  asked.setRole(options.role);
  asked.setPurpose(options.purpose);
  asked.setProject(options.project);
  asked.setReason(options.reason);
  asked.setPatient(options.patient);
  return request.send().then([&loop](capnp::Response<wire::Door::LoginResults> in) {
    loop.logged_in = in.getSession();
    loop.about = read_about(in.getAbout());
  });
}

constexpr unsigned port_where_none_is_named = 7411;

std::string with_port(const std::string& address) {
  const bool names_one = address.starts_with("unix:") || address.find(':') != std::string::npos;
  return names_one ? address : address + ":" + std::to_string(port_where_none_is_named);
}

}  // namespace

// `options` outlives the promise.
kj::Promise<void> Loop::connect(const Options& options) {
  auto& network_of = io.provider->getNetwork();
  const std::string& address = options.address;
  auto found = or_say(kj::evalNow([&] { return network_of.parseAddress(address.c_str(), port_where_none_is_named); }),
                      invalid_request("there is no such address as " + address + ": HOST:PORT or unix:PATH"));
  auto connected = found.then([](kj::Own<kj::NetworkAddress> at) {
    auto plain = at->connect();
    return plain.attach(kj::mv(at));
  });
  auto too_late =
      io.provider->getTimer().afterDelay(options.connect_seconds * kj::SECONDS).then([&options]() -> kj::Promise<void> {
        return refusal(unavailable("the server at " + options.address + " does not answer"));
      });
  return or_say(kj::mv(connected), unavailable("no server listens at " + with_port(address)))
      .then([this, &options](kj::Own<kj::AsyncIoStream> plain) {
        return secured(wire::over_socket(kj::mv(plain), io.unixEventPort, read_ahead_bytes), options);
      })
      .then([this, &options](kj::Own<kj::AsyncIoStream> ready) {
        stream = kj::mv(ready);
        return log_in(*this, options);
      })
      .exclusiveJoin(kj::mv(too_late));
}

}  // namespace chartline::client
