// Redis: a sorted set of each patient, scored by time, packed as long as it is short; written through the append-only file,
// synced with each commit. It answers the questions about one patient; cohorts it was not made for.
//
//   redis_store load EVENTS.csv SOCKET
//   redis_store serve SOCKET ASKED                  serve.h says what it answers
#include <hiredis/hiredis.h>

#include <cstring>
#include <map>

#include "bench/compare/serve.h"
#include "formats/record/time.h"

namespace chartline::bench {
namespace {

// A member: what tells it apart (code and place), and the value. Little endian, 12 bytes.
struct Member {
  std::uint16_t code, place;
  std::int64_t hundredths;
};
std::string packed(const Member& member) {
  std::string bytes(12, '\0');
  std::memcpy(bytes.data(), &member.code, 2), std::memcpy(bytes.data() + 2, &member.place, 2),
      std::memcpy(bytes.data() + 4, &member.hundredths, 8);
  return bytes;
}

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Connection = std::unique_ptr<redisContext, Free>;
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

[[noreturn]] void stop(const char* why) {
  std::fprintf(stderr, "redis_store: %s\n", why);
  std::exit(1);
}
Connection connect(const std::string& socket) {
  Connection connection(redisConnectUnix(socket.c_str()));
  if (!connection || connection->err) stop("no connection");
  return connection;
}
Reply next(redisContext* context) {
  void* reply = nullptr;
  if (redisGetReply(context, &reply) != REDIS_OK) stop(context->errstr);
  Reply owned(static_cast<redisReply*>(reply));
  if (owned->type == REDIS_REPLY_ERROR) stop(owned->str);
  return owned;
}
void send(redisContext* context, const std::vector<std::string>& words) {
  std::vector<const char*> at;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) at.push_back(word.data()), sizes.push_back(word.size());
  redisAppendCommandArgv(context, static_cast<int>(words.size()), at.data(), sizes.data());
}

void load(const std::string& events, const std::string& socket) {
  const Connection owned = connect(socket);
  redisContext* const redis = owned.get();
  const Stopwatch watch;
  std::map<std::string, std::uint16_t, std::less<>> codes{{written_code, 0}};
  std::ifstream file(events);
  std::string line, patient;
  std::vector<std::string> command;
  int waiting = 0;
  const auto flush = [&](int until) {
    for (; waiting > until; --waiting) next(redis);
  };
  const auto end_patient = [&] {
    if (command.size() > 2) send(redis, command), ++waiting;
    flush(1'000);
  };
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto time_at = line.find(',') + 1, code_at = line.find(',', time_at) + 1,
               value_at = line.find(',', code_at) + 1;
    if (const std::string who = line.substr(0, time_at - 1); who != patient)
      end_patient(), patient = who, command = {"ZADD", "t:" + who};
    const auto code =
        codes.try_emplace(line.substr(code_at, value_at - code_at - 1), static_cast<std::uint16_t>(codes.size())).first->second;
    const std::int64_t seconds =
        record::parse_time(std::string_view(line).substr(time_at, code_at - time_at - 1)).value().local /
        record::micros_per_second;
    const std::int64_t hundredths =
        value_at < line.size() ? static_cast<std::int64_t>(std::strtod(line.c_str() + value_at, nullptr) * 100 + 0.5) : 0;
    command.push_back(std::to_string(seconds));
    command.push_back(packed({code, static_cast<std::uint16_t>(command.size() / 2), hundredths}));
  }
  end_patient();
  flush(0);
  send(redis, {"HSET", "codes", measured_code, std::to_string(codes[measured_code])}), next(redis);
  send(redis, {"SAVE"}), next(redis);
  report("redis", "load.seconds", watch.seconds());
  send(redis, {"INFO", "memory"});
  const std::string info = next(redis)->str;
  report("redis", "memory.bytes", std::strtod(info.c_str() + info.find("used_memory_rss:") + 16, nullptr));
  send(redis, {"INFO", "server"});
  const std::string server = next(redis)->str;
  const auto version = server.find("redis_version:") + 14;
  std::printf("redis\tversion\t%s\n", server.substr(version, server.find_first_of("\r\n", version) - version).c_str());
}

class Client final : public StoreClient {
 public:
  explicit Client(const std::string& socket) : owned_(connect(socket)), redis_(owned_.get()) {
    send(redis_, {"HGET", "codes", measured_code});
    if (const Reply number = next(redis_); number->type == REDIS_REPLY_STRING)
      measured_ = static_cast<std::uint16_t>(std::stoi(number->str));
  }
  Rows question(const std::string&) override { stop("no questions over everyone"); }
  // The latest values of a code are sought from the end, a hundred events at a time.
  void point(const std::string& name, std::uint64_t patient, PointSums& sums) override {
    const std::string key = "t:" + std::to_string(patient);
    if (name == "last_year") {
      send(redis_,
           {"ZRANGEBYSCORE", key, std::to_string(last_year_from), "(" + std::to_string(last_year_past), "WITHSCORES"});
      add(*next(redis_), sums);
    } else if (name == "latest_values") {
      int found = 0;
      for (std::int64_t from = 0; found < latest; from += 100) {
        send(redis_, {"ZREVRANGE", key, std::to_string(from), std::to_string(from + 99), "WITHSCORES"});
        const Reply page = next(redis_);
        for (std::size_t i = 0; i < page->elements && found < latest; i += 2)
          if (std::uint16_t code = 0; std::memcpy(&code, page->element[i]->str, 2), code == measured_)
            add(*page, i, sums), ++found;
        if (page->elements < 200) break;
      }
    } else {
      send(redis_, {"ZRANGE", key, "0", "-1", "WITHSCORES"});
      add(*next(redis_), sums);
    }
  }
  void write(const std::vector<std::uint64_t>& patients) override {
    static std::atomic<std::int64_t> serial = std::random_device{}() & 0xFFFFFF;
    send(redis_, {"MULTI"});
    for (const std::uint64_t patient : patients)
      send(redis_, {"ZADD", "t:" + std::to_string(patient), std::to_string(1'700'000'000 + ++serial),
                    packed({0, static_cast<std::uint16_t>(serial), serial})});
    send(redis_, {"EXEC"});
    for (std::size_t i = 0; i < patients.size() + 2; ++i) next(redis_);
  }

 private:
  static void add(const redisReply& pairs, std::size_t i, PointSums& sums) {
    std::int64_t hundredths = 0;
    std::memcpy(&hundredths, pairs.element[i]->str + 4, 8);
    sums.add(std::strtoll(pairs.element[i + 1]->str, nullptr, 10), hundredths);
  }
  static void add(const redisReply& pairs, PointSums& sums) {
    for (std::size_t i = 0; i + 1 < pairs.elements; i += 2) add(pairs, i, sums);
  }
  const Connection owned_;
  redisContext* const redis_;
  std::uint16_t measured_ = 0xFFFF;
};

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "load" && argc == 4) load(argv[2], argv[3]);
  else if (verb == "serve" && argc == 4) Served([&](bool) { return std::make_unique<Client>(argv[2]); }, argv[3]).run();
  else return std::fprintf(stderr, "usage: redis_store load EVENTS SOCKET | serve SOCKET ASKED\n"), 2;
  return 0;
}
