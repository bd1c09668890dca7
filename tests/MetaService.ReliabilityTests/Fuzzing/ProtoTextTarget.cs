using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.TestKit.Json;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// A byte that chooses a type of record, then its wire form: the text that is printed of it, on one line and on many, says all
/// that the record does. It is read back by a reader that was written for this.
/// </summary>
/// <param name="print">Prints a message in the text format.</param>
internal sealed class ProtoTextTarget(Func<IMessage, string> print) : FuzzTarget
{
    private static readonly MessageParser[] Parsers =
    [
        .. new[]
        {
            GetTabletStatsResponse.Descriptor, AbortTxnResponse.Descriptor, InstanceInfoPB.Descriptor, TxnInfoPB.Descriptor,
            GetClusterRequest.Descriptor, RowsetMetaCloudPB.Descriptor, TabletSchemaCloudPB.Descriptor,
        }.Select(type => type.Parser.WithDiscardUnknownFields(true)),
    ];

    public ProtoTextTarget()
        : this(ProtoText.DebugString)
    {
    }

    public override string Name => "proto-text";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var n = 0; n < Parsers.Length * 30; n++)
        {
            var index = n % Parsers.Length;
            var type = Parsers[index].ParseFrom([]).Descriptor;
            yield return [(byte)index, .. RandomMessages.Fill(type, random, depth: 2).ToByteArray()];
        }
    }

    public override int Run(byte[] input)
    {
        IMessage message;
        try
        {
            var parser = Parsers[input.Length == 0 ? 0 : input[0] % Parsers.Length];
            message = parser.ParseFrom(input.Length == 0 ? input : input[1..]);
        }
        catch (InvalidProtocolBufferException e)
        {
            return Outcome(e.Message);
        }

        var text = print(message);
        var read = ProtoTextReader.Read(message.Descriptor, text);
        // What is no number has many forms that are all printed alike.
        var isSame = read.Equals(message) || (text.Contains("nan", StringComparison.Ordinal) && print(read) == text);
        Require(isSame, $"it reads back as {read}");
        var line = ProtoTextReader.Read(message.Descriptor, ProtoText.ShortDebugString(message));
        Require(line.Equals(read), "one line says something else");
        return Outcome(message.Descriptor.Name) + int.Log2(text.Length + 1);
    }
}
