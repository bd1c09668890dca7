using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.TestKit.Json;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// A byte that chooses a type of record, then its wire form: the text that is printed of it, on one line and on many, says all that the
/// record does. It is read back by a reader that was written for this.
/// </summary>
/// <param name="print">Prints a message in the text format.</param>
internal sealed class ProtoTextTarget(Func<IMessage, string> print) : FuzzTarget
{
    private static readonly MessageParser[] Parsers =
    [
        .. new[]
        {
            GetTabletStatsResponse.Descriptor, AbortTxnResponse.Descriptor, InstanceInfoPB.Descriptor, TxnInfoPB.Descriptor,
            GetClusterRequest.Descriptor, MetaService.Records.Olap.RowsetMetaCloudPB.Descriptor, MetaService.Records.Olap.TabletSchemaCloudPB.Descriptor,
        }.Select(type => type.Parser.WithDiscardUnknownFields(true)),
    ];

    public ProtoTextTarget()
        : this(ProtoText.DebugString)
    {
    }

    public override string Name => "proto-text";

    public override IEnumerable<byte[]> Seeds(Random random) => Parsers.Index().SelectMany(parser => Enumerable.Range(0, 30).Select(_ =>
    {
        var type = parser.Item.ParseFrom([]).Descriptor;
        return (byte[])[(byte)parser.Index, .. RandomMessages.Fill(type, random, depth: 2).ToByteArray()];
    }));

    public override int Run(byte[] input)
    {
        IMessage message;
        try
        {
            message = Parsers[input.Length == 0 ? 0 : input[0] % Parsers.Length].ParseFrom(input.Length == 0 ? input : input[1..]);
        }
        catch (InvalidProtocolBufferException e)
        {
            return Outcome(e.Message);
        }

        var text = print(message);
        var read = ProtoTextReader.Read(message.Descriptor, text);
        Require(read.Equals(message) || (text.Contains("nan", StringComparison.Ordinal) && print(read) == text), $"it reads back as {read}");
        Require(ProtoTextReader.Read(message.Descriptor, ProtoText.ShortDebugString(message)).Equals(read), "one line says something else");
        return Outcome(message.Descriptor.Name) + int.Log2(text.Length + 1);
    }
}
