// The event-driven half of reading a safetensors header.
#ifndef AVOCET_ENGINE_CHECKPOINT_HEADER_SAX_H_
#define AVOCET_ENGINE_CHECKPOINT_HEADER_SAX_H_

#include <set>
#include <string>

#include "engine/checkpoint/safetensors_header.h"
#include "nlohmann/json.hpp"

namespace avocet {

// Receives the header's JSON piece by piece, and stops at the first one that the format does not
// allow. A parsed document would have lost duplicate keys, and would have no bound on its depth.
class HeaderSax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderSax(SafetensorsHeader& header) : header_(header) {}

  // Why the parse stopped; empty if it did not.
  const std::string& error() const { return error_; }

  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(number_integer_t value) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& value) override;
  bool binary(binary_t& value) override;
  bool start_object(std::size_t elements) override;
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(std::size_t elements) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception& exception) override;

 private:
  // Where the next event belongs.
  enum class Place { kStart, kRoot, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool Fail(std::string message);
  // Fails with what belongs here, against `found`.
  bool Unexpected(std::string_view found);
  bool RootKey(const std::string& name);
  bool TensorKey(const std::string& name);
  bool FinishTensor();
  TensorEntry& tensor() { return header_.tensors.back(); }

  SafetensorsHeader& header_;
  std::string error_;
  Place place_ = Place::kStart;
  std::string key_;                    // the last one seen in the object at hand
  std::set<std::string> root_keys_;    // seen so far
  std::set<std::string> tensor_keys_;  // seen so far in the tensor at hand
  std::size_t offsets_ = 0;            // how many of the tensor's two were seen
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_HEADER_SAX_H_
