using System.Text;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.TestKit.Cases;
using MetaService.TestKit.Json;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// A byte that chooses a type of request, then its JSON: what is read is written and read again the same, and what cannot be read
/// gets the typed error.
/// </summary>
/// <param name="read">Reads a message of a type.</param>
internal sealed class JsonTarget(Func<Type, byte[], IMessage> read) : FuzzTarget
{
    private static readonly Type[] Types =
    [
        typeof(AlterClusterRequest), typeof(CreateInstanceRequest), typeof(InstanceInfoPB), typeof(GetTabletStatsRequest),
        typeof(CommitTxnRequest), typeof(FinishTabletJobRequest), typeof(CreateTabletsRequest), typeof(UpdateDeleteBitmapRequest),
    ];

    /// <summary>A refusal throws, which takes long: one of so many is enough.</summary>
    private const int TrailingOneOf = 16;

    private int _inputs;

    public JsonTarget()
        : this((type, json) => ProtoJsonReader.Read(type, json))
    {
    }

    public override string Name => "json";

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ",", ":", "null", "true", "1e3", "-0", "1.0", "9223372036854775808", "\"NaN\"",
            "\\ud800", "\\u0000", "\\\"", "\"cluster\":", "\"nodes\":[", "\"type\":\"COMPUTE\"", "\"clusterId\":", "\"ak\":",
            "  ", "\ufeff", "//", "{}{}", "1", "\"1\"",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>The bodies of the recorded conversations and random messages, as messages of each type.</summary>
    public override IEnumerable<byte[]> Seeds(Random random)
    {
        var bodies = CaseFiles.All.SelectMany(name => CaseFiles.Get(name)["steps"]!.AsArray())
            .Select(step => step!["body"]?.ToJsonString() ?? step["raw"]?.ToString() ?? "{}").Distinct()
            .Select(body => (byte[])[(byte)random.Next(Types.Length), .. Encoding.UTF8.GetBytes(body)]);
        var messages = Types.Index().SelectMany(t => Enumerable.Range(0, 20).Select(n =>
        {
            var message = RandomMessages.Fill(((IMessage)Activator.CreateInstance(t.Item)!).Descriptor, random, depth: 2);
            return (byte[])[(byte)t.Index, .. Encoding.UTF8.GetBytes(ProtoJsonWriter.ToText(message, (ProtoJsonStyle)(n % 3)))];
        }));
        return bodies.Concat(messages);
    }

    public override int Run(byte[] input)
    {
        var type = Types[input.Length == 0 ? 0 : input[0] % Types.Length];
        IMessage message;
        try
        {
            message = read(type, input.Length == 0 ? input : input[1..]);
        }
        catch (JsonRequestException e)
        {
            Require(e.Line > 0 && e.ByteInLine > 0 && e.Message.Length > 0, "the place is not given");
            return Outcome(e.Path) + Outcome(e.Expected);
        }

        var text = ProtoJsonWriter.ToText(message, ProtoJsonStyle.Rpc);
        var again = read(type, Encoding.UTF8.GetBytes(text));
        Require(again.Equals(message), "what was read is not read again from what it is written as");
        CheckTrailing(type, input);
        return Outcome(type.Name) + int.Log2(text.Length);
    }

    /// <summary>Behind a message that can be read nothing may follow.</summary>
    private void CheckTrailing(Type type, byte[] input)
    {
        if (_inputs++ % TrailingOneOf != 0)
        {
            return;
        }

        try
        {
            read(type, [.. input[1..], (byte)'1']);
        }
        catch (JsonRequestException)
        {
            return;
        }

        throw new FuzzException("something may follow behind the message");
    }
}
