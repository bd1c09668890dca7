using BenchmarkDotNet.Attributes;
using MetaService.Bench;
using MetaService.Keys;

namespace MetaService.Microbench;

/// <summary>The key codec, on the key of the example instance.</summary>
public class KeyBenchmarks
{
    private readonly string _id = ExampleInstance.DocumentId;
    private readonly byte[] _key = Key.Instance(ExampleInstance.DocumentId).Bytes;

    [Benchmark]
    public byte[] Encode() => Key.Instance(_id).Bytes;

    [Benchmark]
    public int Decode() => KeySpace.Parse(_key).Values.Count;

    [Benchmark]
    public string Print() => KeyPrinter.Print(_key);
}
