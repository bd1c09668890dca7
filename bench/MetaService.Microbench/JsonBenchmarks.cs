using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using MetaService.Bench;
using MetaService.Json;
using MetaService.Records;
using MetaService.Records.Cloud;

namespace MetaService.Microbench;

/// <summary>JSON and protobuf of the example instance.</summary>
public class JsonBenchmarks
{
    private readonly InstanceInfoPB _instance = ExampleInstance.Record(ExampleInstance.DocumentId);
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private byte[] _json = [];
    private byte[] _record = [];

    [GlobalSetup]
    public void Prepare()
    {
        _json = Encoding.UTF8.GetBytes(ProtoJsonWriter.ToText(_instance, ProtoJsonStyle.Http));
        _record = _instance.ToByteArray();
    }

    [Benchmark]
    public InstanceInfoPB ReadJson() => ProtoJsonReader.Read<InstanceInfoPB>(_json);

    [Benchmark]
    public int WriteJson()
    {
        _output.ResetWrittenCount();
        EnvelopeWriter.Write(_output, "OK", "", _instance);
        return _output.WrittenCount;
    }

    [Benchmark]
    public InstanceInfoPB ReadRecord() => RecordAccess.Parse<InstanceInfoPB>(_record);

    [Benchmark]
    public byte[] WriteRecord() => _instance.ToByteArray();
}
