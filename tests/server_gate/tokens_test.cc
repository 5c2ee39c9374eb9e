// Tokens: who gets in, and that nobody else does.
#include "server/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <random>

#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Micros second = 1'000'000, noon = 1'800'000'000 * second;
const std::string secret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view header = R"({"alg":"RS256","typ":"JWT","kid":"main"})";

std::string payload(std::string_view more = "") {
  return R"({"iss":"https://login.example","aud":"chartline","sub":"mary","exp":1800000600,"roles":["clinician"])" +
         std::string(more) + "}";
}

TokenOptions options() {
  return {.algorithms = {Algorithm::rs256},
          .issuer = "https://login.example",
          .audience = "chartline",
          .keys = {{"main", TokenKey::Form::public_pem, rsa_key().public_pem}}};
}

TokenFlaw flaw_of(std::string_view token, const TokenOptions& how = options(), Micros now = noon) {
  const TokenVerdict verdict = Tokens::make(how)->verify(token, now);
  EXPECT_EQ(verdict.claims.has_value(), verdict.flaw == TokenFlaw::none);
  if (!verdict.claims) {
    EXPECT_EQ(verdict.claims.error().fault, Fault::denied);
    EXPECT_EQ(verdict.claims.error().message, "denied") << "no flaw is told to whoever presents a token";
  }
  return verdict.flaw;
}

TokenFlaw flaw_of_payload(std::string_view text, Micros now = noon) {
  return flaw_of(rs256(header, text, rsa_key().private_pem), options(), now);
}

TokenFlaw flaw_of_header(std::string_view text) { return flaw_of(rs256(text, payload(), rsa_key().private_pem)); }

// -- who gets in

TEST(Tokens, TellWhoSomeoneIs) {
  const auto tokens = Tokens::make(options());
  const std::string token =
      rs256(header,
            payload(R"(,"organisation":"RYJ","teams":["ward 7","stroke"],"patient":"nhs|9434765919","nbf":1799999000)"),
            rsa_key().private_pem);
  const TokenVerdict verdict = tokens->verify(token, noon);
  ASSERT_TRUE(verdict.claims) << name(verdict.flaw);
  EXPECT_EQ(verdict.claims->user, "mary");
  EXPECT_THAT(verdict.claims->roles, ElementsAre("clinician"));
  EXPECT_EQ(verdict.claims->organisation, "RYJ");
  EXPECT_THAT(verdict.claims->teams, ElementsAre("ward 7", "stroke"));
  EXPECT_EQ(verdict.claims->patient, "nhs|9434765919");
  EXPECT_EQ(verdict.claims->expires, noon + 600 * second + 60 * second) << "the expiry, and the leeway";
}

TEST(Tokens, TakeRolesFromWhereTheProviderPutsThem) {
  TokenOptions keycloak = options();
  keycloak.names.roles = "/realm_access/roles";
  keycloak.names.organisation = "https://login.example/organisation";
  const TokenVerdict verdict = Tokens::make(keycloak)->verify(
      rs256(header,
            R"({"iss":"https://login.example","aud":["account","chartline"],"sub":"mary","exp":1800000600,)"
            R"("realm_access":{"roles":["auditor","operator"]},"https://login.example/organisation":"RYJ"})",
            rsa_key().private_pem),
      noon);
  ASSERT_TRUE(verdict.claims) << name(verdict.flaw);
  EXPECT_THAT(verdict.claims->roles, ElementsAre("auditor", "operator"));
  EXPECT_EQ(verdict.claims->organisation, "RYJ");
}

TEST(Tokens, NeedNoRolesToBeKnown) {
  const TokenVerdict verdict = Tokens::make(options())->verify(
      rs256(header, R"({"iss":"https://login.example","aud":"chartline","sub":"mary","exp":1800000600})",
            rsa_key().private_pem),
      noon);
  ASSERT_TRUE(verdict.claims);
  EXPECT_THAT(verdict.claims->roles, IsEmpty()) << "the policy then grants nothing";
}

// -- algorithms and keys

TEST(Tokens, UnsignedAreRefusedHoweverTheyAreSpelt) {
  for (const char* algorithm : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string head = std::string(R"({"alg":")") + algorithm + R"(","kid":"main"})";
    EXPECT_EQ(flaw_of(unsigned_token(head, payload())), TokenFlaw::algorithm) << algorithm;
    EXPECT_EQ(flaw_of_header(head), TokenFlaw::algorithm) << algorithm;
  }
  EXPECT_EQ(flaw_of(unsigned_token(header, payload())), TokenFlaw::signature) << "RS256, and no signature";
  EXPECT_EQ(flaw_of_header(R"({"kid":"main"})"), TokenFlaw::algorithm);
  EXPECT_EQ(flaw_of_header(R"({"alg":["RS256"],"kid":"main"})"), TokenFlaw::algorithm);
  EXPECT_EQ(flaw_of_header(R"({"alg":"rs256","kid":"main"})"), TokenFlaw::algorithm);
}

TEST(Tokens, APublicKeyIsNoSecret) {
  // The forger knows the public key, as everybody does, and signs with it as if it were an HMAC secret.
  const std::string forged = hs256(R"({"alg":"HS256","kid":"main"})", payload(), rsa_key().public_pem);
  EXPECT_EQ(flaw_of(forged), TokenFlaw::algorithm) << "HS256 is not of the list";
  TokenOptions both = options();
  both.algorithms = {Algorithm::rs256, Algorithm::hs256};
  both.keys.push_back({"shared", TokenKey::Form::secret, secret});
  EXPECT_EQ(flaw_of(forged, both), TokenFlaw::wrong_key_family) << "where it is, the key is still RSA's";
  EXPECT_EQ(flaw_of(hs256(R"({"alg":"HS256","kid":"shared"})", payload(), rsa_key().public_pem), both),
            TokenFlaw::signature);
  EXPECT_EQ(flaw_of(hs256(R"({"alg":"HS256","kid":"shared"})", payload(), secret), both), TokenFlaw::none);
  EXPECT_EQ(flaw_of(rs256(R"({"alg":"RS256","kid":"shared"})", payload(), rsa_key().private_pem), both),
            TokenFlaw::wrong_key_family);
}

TEST(Tokens, KeysAreFoundByTheirIdAlone) {
  const MadeKey other = make_rsa(2048);
  TokenOptions two = options();
  two.keys.push_back({"next", TokenKey::Form::public_pem, other.public_pem});
  EXPECT_EQ(flaw_of(rs256(R"({"alg":"RS256","kid":"next"})", payload(), other.private_pem), two), TokenFlaw::none);
  EXPECT_EQ(flaw_of(rs256(R"({"alg":"RS256","kid":"main"})", payload(), other.private_pem), two), TokenFlaw::signature);
  EXPECT_EQ(flaw_of(rs256(R"({"alg":"RS256"})", payload(), other.private_pem), two), TokenFlaw::unknown_key)
      << "of two keys none is guessed";
  EXPECT_EQ(flaw_of_header(R"({"alg":"RS256"})"), TokenFlaw::none) << "the only key needs no name";
  for (const char* id : {R"("MAIN")", R"("")", R"("../main")", R"("main\u0000")", "7", "null", R"(["main"])"})
    EXPECT_EQ(flaw_of_header(std::string(R"({"alg":"RS256","kid":)") + id + "}"), TokenFlaw::unknown_key) << id;
}

TEST(Tokens, BringNoKeysOfTheirOwn) {
  const MadeKey own = make_rsa(2048);
  const std::string head =
      R"({"alg":"RS256","kid":"main","jwk":{"kty":"RSA"},"jku":"http://evil.example","x5u":"file:///"})";
  EXPECT_EQ(flaw_of(rs256(head, payload(), own.private_pem)), TokenFlaw::signature);
  EXPECT_EQ(flaw_of_header(R"({"alg":"RS256","kid":"main","crit":["b64"],"b64":false})"), TokenFlaw::critical_header);
}

TEST(Tokens, LeaveNoTraceForTheNextConnection) {
  ERR_clear_error();
  EXPECT_EQ(flaw_of(rs256(header, payload(), make_rsa(2048).private_pem)), TokenFlaw::signature);
  EXPECT_EQ(ERR_peek_error(), 0U) << "TLS on the same thread would take it for its own failure";
}

TEST(Tokens, AChangedLetterIsFound) {
  const std::string good = rs256(header, payload(), rsa_key().private_pem);
  ASSERT_EQ(flaw_of(good), TokenFlaw::none);
  const unsigned seed = 7;
  std::mt19937 chance(seed);
  const auto tokens = Tokens::make(options());
  for (int i = 0; i < 400; ++i) {
    std::string changed = good;
    const std::size_t at = chance() % changed.size();
    changed[at] = static_cast<char>("AZaz09-_.=+ \x00\xff"[chance() % 14]);
    if (changed == good) continue;
    EXPECT_FALSE(tokens->verify(changed, noon).claims) << "seed " << seed << ", step " << i << ", byte " << at;
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(tokens->verify(std::string_view(good).substr(0, size), noon).claims) << size << " bytes of it";
}

// -- issuer, audience, times

TEST(Tokens, AreForUsAndFromWhomWeTrust) {
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://evil.example","aud":"chartline","sub":"mary","exp":1800000600})"),
            TokenFlaw::issuer);
  EXPECT_EQ(flaw_of_payload(R"({"aud":"chartline","sub":"mary","exp":1800000600})"), TokenFlaw::issuer);
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","aud":"payroll","sub":"mary","exp":1800000600})"),
            TokenFlaw::audience);
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","aud":["payroll",7],"sub":"mary","exp":1800000600})"),
            TokenFlaw::audience);
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","aud":[],"sub":"mary","exp":1800000600})"),
            TokenFlaw::audience);
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","sub":"mary","exp":1800000600})"), TokenFlaw::audience);
}

TEST(Tokens, End) {
  const std::string token = payload();
  EXPECT_EQ(flaw_of_payload(token, noon + 659 * second), TokenFlaw::none) << "a minute of leeway";
  EXPECT_EQ(flaw_of_payload(token, noon + 660 * second), TokenFlaw::expired);
  for (const char* when : {"\"1800000600\"", "null", "1e300", "-1", "true", "[]"})
    EXPECT_EQ(flaw_of_payload(std::string(R"({"iss":"https://login.example","aud":"chartline","sub":"mary","exp":)") +
                              when + "}"),
              TokenFlaw::no_expiry)
        << when;
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","aud":"chartline","sub":"mary"})"), TokenFlaw::no_expiry);
  EXPECT_EQ(flaw_of_payload(R"({"iss":"https://login.example","aud":"chartline","sub":"mary","exp":1800000600.5})"),
            TokenFlaw::none);
}

TEST(Tokens, Begin) {
  EXPECT_EQ(flaw_of_payload(payload(R"(,"nbf":1800000060)")), TokenFlaw::none);
  EXPECT_EQ(flaw_of_payload(payload(R"(,"nbf":1800000061)")), TokenFlaw::not_yet);
  EXPECT_EQ(flaw_of_payload(payload(R"(,"iat":1800000061)")), TokenFlaw::not_yet);
  EXPECT_EQ(flaw_of_payload(payload(R"(,"nbf":"now")")), TokenFlaw::not_yet);
}

// -- form

TEST(Tokens, NameNothingTwice) {
  EXPECT_EQ(flaw_of_payload(payload(R"(,"sub":"root")")), TokenFlaw::repeated_member);
  EXPECT_EQ(flaw_of_payload(payload(R"(,"\u0073ub":"root")")), TokenFlaw::repeated_member)
      << "also where it is spelt otherwise";
  EXPECT_EQ(flaw_of_payload(payload(R"(,"more":[{"a":1,"a":2}])")), TokenFlaw::repeated_member);
  EXPECT_EQ(flaw_of_header(R"({"alg":"none","alg":"RS256","kid":"main"})"), TokenFlaw::repeated_member);
}

TEST(Tokens, AreNotLong) {
  const std::string token = rs256(header, payload(R"(,"more":")" + std::string(9000, 'x') + "\""), rsa_key().private_pem);
  EXPECT_EQ(flaw_of(token), TokenFlaw::too_long);
  EXPECT_EQ(flaw_of(std::string(64 << 20, 'A')), TokenFlaw::too_long);
  TokenOptions wide = options();
  wide.token_bytes_max = 32768;
  EXPECT_EQ(flaw_of(token, wide), TokenFlaw::none);
}

TEST(Tokens, HaveThreePartsOfBase64) {
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a.b"),
        std::string("a.b.c.d"), std::string("\0.\0.\0", 5), std::string(4000, '.'),
        rs256(header, payload(), rsa_key().private_pem) + "=", rs256(header, payload(), rsa_key().private_pem) + ".x"})
    EXPECT_EQ(flaw_of(token), TokenFlaw::malformed) << token;
  for (const char* text : {"", "[]", "7", "{", "{\"a\":1}x", "\xff"}) {
    EXPECT_EQ(flaw_of_payload(text), TokenFlaw::malformed) << text;
    EXPECT_EQ(flaw_of_header(text), TokenFlaw::malformed) << text;
  }
  EXPECT_EQ(flaw_of_payload(payload(",\"deep\":" + std::string(40, '[') + std::string(40, ']'))), TokenFlaw::malformed);
}

TEST(Tokens, NameSomeoneInPlainWords) {
  const std::string begin = R"({"iss":"https://login.example","aud":"chartline","exp":1800000600)";
  EXPECT_EQ(flaw_of_payload(begin + "}"), TokenFlaw::claims);
  for (const char* user : {"\"\"", "7", "null", "[\"mary\"]", R"("a\nb")", R"("\u001b[2J")"})
    EXPECT_EQ(flaw_of_payload(begin + R"(,"sub":)" + user + "}"), TokenFlaw::claims) << user;
  for (const char* roles : {"7", "{}", "[7]", "[[\"clinician\"]]", "[\"\"]", "\"\"", "true"})
    EXPECT_EQ(flaw_of_payload(begin + R"(,"sub":"mary","roles":)" + roles + "}"), TokenFlaw::claims) << roles;
  EXPECT_EQ(flaw_of_payload(begin + R"(,"sub":"mary","patient":["nhs|1"]})"), TokenFlaw::claims);
}

// -- options that would not protect

TEST(TokenOptions, AreRefusedWhereTheyWouldNotProtect) {
  const auto refused = [](auto change) {
    TokenOptions how = options();
    change(how);
    const auto made = Tokens::make(std::move(how));
    return made ? std::string("admitted") : made.error().message;
  };
  const auto key = [](TokenKey one) { return [one](TokenOptions& how) { how.keys = {one}; }; };
  using Form = TokenKey::Form;
  EXPECT_THAT(refused([](TokenOptions& how) { how.issuer.clear(); }), HasSubstr("no issuer"));
  EXPECT_THAT(refused([](TokenOptions& how) { how.audience.clear(); }), HasSubstr("no audience"));
  EXPECT_THAT(refused([](TokenOptions& how) { how.keys.clear(); }), HasSubstr("no key"));
  EXPECT_THAT(refused([](TokenOptions& how) { how.algorithms.clear(); }), HasSubstr("no algorithm"));
  EXPECT_THAT(refused([](TokenOptions& how) { how.leeway_seconds = 3600; }), HasSubstr("leeway"));
  EXPECT_THAT(refused([](TokenOptions& how) { how.keys.push_back(how.keys[0]); }), HasSubstr("one id"));
  EXPECT_THAT(refused(key({"weak", Form::public_pem, make_rsa(1024).public_pem})), HasSubstr("2,048 bits"));
  EXPECT_THAT(refused(key({"private", Form::public_pem, rsa_key().private_pem})), HasSubstr("private key"));
  EXPECT_THAT(refused(key({"other", Form::public_pem, make_ec("P-256").public_pem})),
              HasSubstr("none of the algorithms"));
  EXPECT_THAT(refused(key({"curve", Form::public_pem, make_ec("secp256k1").public_pem})), HasSubstr("P-256"));
  EXPECT_THAT(refused(key({"shared", Form::secret, secret})), HasSubstr("none of the algorithms"));
  EXPECT_THAT(refused(key({"shared", Form::secret, "short"})), HasSubstr("32 bytes"));
  EXPECT_THAT(refused(key({"shared", Form::secret, rsa_key().public_pem})), HasSubstr("no secret"));
  EXPECT_THAT(refused(key({"noise", Form::public_pem, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"})),
              HasSubstr("no public key"));
}

TEST(TokenOptions, ListAlgorithms) {
  EXPECT_THAT(*parse_algorithms("RS256, ES256 RS256"), ElementsAre(Algorithm::rs256, Algorithm::es256));
  EXPECT_FALSE(parse_algorithms("none"));
  EXPECT_FALSE(parse_algorithms("EdDSA"));
  EXPECT_FALSE(parse_algorithms(" "));
}

TEST(TokenKeys, AreReadFromAFolder) {
  const ScratchFolder folder;
  folder.write("main.pem", rsa_key().public_pem, 0644);
  folder.write("shared.secret", secret + "\n");
  folder.write("README", "not a key");
  const auto keys = read_token_keys(folder / "");
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].id, "main");
  EXPECT_EQ((*keys)[1].bytes, secret) << "without the line end";
  EXPECT_EQ(read_token_keys(folder / "main.pem")->size(), 1U);
  EXPECT_EQ(read_token_keys(folder / "nowhere").error().fault, Fault::not_found);
  folder.write("shared.secret", secret, 0644);
  EXPECT_EQ(read_token_keys(folder / "").error().fault, Fault::denied);
}

// -- issuing

TEST(Issue, IsTakenBackForEachKindOfKey) {
  const ScratchFolder folder;
  const engine::Claims claims{.user = "mary",
                              .roles = {"clinician", "o\"brien"},
                              .organisation = "RYJ",
                              .teams = {"ward 7"},
                              .patient = "nhs|9434765919"};
  const auto taken_back = [&](Algorithm algorithm, const std::string& file, const std::string& key, const TokenKey& half) {
    const auto signing = read_signing_key(folder.write(file, key));
    ASSERT_TRUE(signing) << signing.error().message;
    EXPECT_EQ(signing->algorithm, algorithm);
    EXPECT_EQ(signing->id, "main");
    const auto token = issue(*signing, claims, {"local", "chartline", {}, 600}, noon);
    ASSERT_TRUE(token) << token.error().message;
    const auto tokens =
        Tokens::make({.algorithms = {algorithm}, .issuer = "local", .audience = "chartline", .keys = {half}});
    ASSERT_TRUE(tokens) << tokens.error().message;
    const TokenVerdict verdict = tokens->verify(*token, noon);
    ASSERT_TRUE(verdict.claims) << name(algorithm) << ": " << name(verdict.flaw);
    EXPECT_EQ(verdict.claims->roles, claims.roles);
    EXPECT_EQ(verdict.claims->teams, claims.teams);
    EXPECT_EQ(verdict.claims->patient, claims.patient);
    EXPECT_EQ(verdict.claims->expires, noon + 660 * second);
    EXPECT_EQ(tokens->verify(*token, noon + 700 * second).flaw, TokenFlaw::expired);
    EXPECT_EQ(tokens->verify(*token, noon - 100 * second).flaw, TokenFlaw::not_yet);
  };
  const auto with_pem = [&](Algorithm algorithm, const MadeKey& key) {
    taken_back(algorithm, "main.pem", key.private_pem, {"main", TokenKey::Form::public_pem, key.public_pem});
  };
  with_pem(Algorithm::rs256, rsa_key());
  with_pem(Algorithm::es256, make_ec("P-256"));
  with_pem(Algorithm::es384, make_ec("P-384"));
  with_pem(Algorithm::es512, make_ec("P-521"));
  taken_back(Algorithm::hs256, "main.secret", secret, {"main", TokenKey::Form::secret, secret});
}

TEST(Issue, TakesASigningKeyThatIsOursAlone) {
  const ScratchFolder folder;
  EXPECT_EQ(read_signing_key(folder.write("main.pem", rsa_key().private_pem, 0644)).error().fault, Fault::denied);
  EXPECT_THAT(read_signing_key(folder.write("main.pem", rsa_key().public_pem)).error().message,
              HasSubstr("no private key"));
  EXPECT_THAT(read_signing_key(folder.write("main.secret", "short")).error().message, HasSubstr("32 bytes"));
}

}  // namespace
}  // namespace chartline::server
