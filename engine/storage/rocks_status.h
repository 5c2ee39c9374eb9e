// The one place where what RocksDB says becomes an Error. RocksDB's own text can quote keys, so nothing of it is passed
// on but the base name of a file, recognised by its strict form.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rocksdb {
class Status;
}

namespace chartline::engine {

// `place` says where: "shard 3, table timeline". The status must not be ok.
Error error_of(const rocksdb::Status& status, std::string_view place);

// The first name of a file of a database in the text: 000012.sst, 000012.log, MANIFEST-000004, OPTIONS-000007, CURRENT;
// empty where there is none.
std::string file_named_in(std::string_view text);

}  // namespace chartline::engine
