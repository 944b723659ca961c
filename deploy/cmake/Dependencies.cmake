# Every library this project uses, found once, as an imported target.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(absl REQUIRED CONFIG)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(hwy REQUIRED CONFIG)
find_package(ZLIB REQUIRED)

# Optional: training with several processes.
option(AVOCET_MPI "Train with several processes where an MPI is found" ON)
if(AVOCET_MPI)
  find_package(MPI COMPONENTS C)
endif()

# CMake looks into these hints before the system's prefixes. install-dependencies.sh puts a private one there only where the
# distribution's package is too old, and AVOCET_DNNL_PREFIX is the user's choice.
find_package(dnnl 3.2 CONFIG
  HINTS "${AVOCET_DNNL_PREFIX}" "${PROJECT_SOURCE_DIR}/build/onednn" /opt/avocet/onednn)
if(NOT dnnl_FOUND)
  message(FATAL_ERROR "oneDNN 3.2 or newer was not found; run deploy/install-dependencies.sh, "
                      "or set AVOCET_DNNL_PREFIX to its install prefix")
endif()

# Debian's libopencv-dev pulls in every module; the three we need come without its CMake package.
find_path(OPENCV_INCLUDE_DIR opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc imgcodecs)
  find_library(OPENCV_${module}_LIBRARY opencv_${module} REQUIRED)
  add_library(opencv::${module} UNKNOWN IMPORTED)
  set_target_properties(opencv::${module} PROPERTIES
    IMPORTED_LOCATION "${OPENCV_${module}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${OPENCV_INCLUDE_DIR}")
endforeach()
