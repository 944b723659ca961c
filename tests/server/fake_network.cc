#include "tests/server/fake_network.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace avocet::testing {

class FakeNetwork::FakePlan : public Plan {
 public:
  FakePlan(FakeNetwork& network, const FakeNetwork::Run& run)
      : network_(network),
        run_(run),
        image_(static_cast<size_t>(run.side * run.side) * 3),
        input_(static_cast<size_t>(run.batch_size) * image_),
        logits_(static_cast<size_t>(run.batch_size) * kClasses) {
    ++network_.plans_;
    ++network_.compilations_;
  }
  ~FakePlan() override { --network_.plans_; }

  int batch_size() const override { return run_.batch_size; }
  std::span<float> input() override {
    network_.AskForInput();
    return input_;
  }
  std::span<const float> logits() const override { return logits_; }
  size_t arena_bytes() const override { return input_.size() * sizeof(float); }

  void Run() override {
    network_.Enter(run_);
    std::ranges::fill(logits_, network_.answers_nan ? std::numeric_limits<float>::quiet_NaN() : 0);
    for (size_t row = 0; row < static_cast<size_t>(run_.batch_size); ++row) {
      const float grey = input_[row * image_];  // 0 to 1
      const auto label = static_cast<size_t>(std::lround(grey * kClasses));
      if (label < kClasses) logits_[row * kClasses + label] += 5;
    }
  }

 private:
  FakeNetwork& network_;
  const FakeNetwork::Run run_;
  const size_t image_;  // floats of one
  std::vector<float> input_;
  std::vector<float> logits_;
};

PlanFactory FakeNetwork::factory(int side) {
  return [this, side](int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
    const Run run{batch_size, threads, side};
    std::function<absl::Status(const Run&)> on_compile;
    {
      const std::lock_guard lock(mutex_);
      on_compile = on_compile_;
    }
    RETURN_IF_ERROR(on_compile(run));
    return std::make_unique<FakePlan>(*this, run);
  };
}

std::shared_ptr<const ServedModel> FakeNetwork::Model(const std::string& name,
                                                      std::int64_t version) {
  const PreprocessConfig preprocess = {
      .height = kSide, .width = kSide, .crop_pct = 1.0, .mean = {0, 0, 0}, .std = {1, 1, 1}};
  absl::StatusOr<Preprocessor> preprocessor = Preprocessor::Create(preprocess);
  AVOCET_CHECK(preprocessor.ok());
  std::vector<std::string> labels;
  for (int i = 0; i < kClasses; ++i) labels.push_back("label " + std::to_string(i));
  return std::make_shared<const ServedModel>(ServedModel{
      .name = name,
      .version = version,
      .architecture = "fake",
      .num_classes = kClasses,
      .label_names = std::move(labels),
      .preprocess = preprocess,
      .preprocessor = *std::move(preprocessor),
      .parameter_count = 42,
      .make_plan = factory(),
      .plans_at = [this](int height, int width) -> absl::StatusOr<PlanFactory> {
        if (height != width || height > kLargestSide) {
          return absl::InvalidArgumentError("no such image");
        }
        return factory(height);
      },
  });
}

void FakeNetwork::SetCost(std::function<Duration(int)> cost) {
  const std::lock_guard lock(mutex_);
  cost_ = std::move(cost);
}

void FakeNetwork::SetOnInput(std::function<void()> on_input) {
  const std::lock_guard lock(mutex_);
  on_input_ = std::move(on_input);
}

void FakeNetwork::SetOnCompile(std::function<absl::Status(const Run&)> on_compile) {
  const std::lock_guard lock(mutex_);
  on_compile_ = std::move(on_compile);
}

void FakeNetwork::Hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FakeNetwork::Release() {
  const std::lock_guard lock(mutex_);
  holding_ = false;
  changed_.notify_all();
}

void FakeNetwork::WaitUntilHeld(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return held_ >= count; });
}

void FakeNetwork::ForgetRuns() {
  const std::lock_guard lock(mutex_);
  runs_.clear();
}

std::vector<FakeNetwork::Run> FakeNetwork::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

void FakeNetwork::Enter(const Run& run) {
  std::unique_lock lock(mutex_);
  runs_.push_back(run);
  ++held_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !holding_; });
  --held_;
  clock_.Advance(cost_(run.batch_size) / (threads_help ? run.threads : 1));
}

void FakeNetwork::AskForInput() {
  const std::lock_guard lock(mutex_);
  on_input_();
}

std::string Picture(int label) {
  constexpr int kSide = FakeNetwork::kSide;
  std::string bmp = "BM";
  const auto put = [&bmp](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bmp.push_back(static_cast<char>(value >> (8 * i)));
  };
  constexpr std::uint32_t kHeader = 54;
  constexpr std::uint32_t kPixels = kSide * kSide * 3;
  put(kHeader + kPixels, 4);  // file size
  put(0, 4);
  put(kHeader, 4);  // where the pixels begin
  put(40, 4);       // size of the information header
  put(kSide, 4);
  put(kSide, 4);
  put(1, 2);   // planes
  put(24, 2);  // bits a pixel
  put(0, 4);   // not compressed
  put(kPixels, 4);
  for (int i = 0; i < 4; ++i) put(0, 4);
  const int grey = label * 255 / FakeNetwork::kClasses;
  bmp.append(kPixels, static_cast<char>(grey));
  return bmp;
}

}  // namespace avocet::testing
