using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Google.Protobuf;
using MetaService.Json;
using MetaService.TestKit.Json;

namespace MetaService.UnitTests.Json;

/// <summary>Reader and writer against each other and against the protobuf library's own JSON, over every record type.</summary>
public class JsonRoundTripTests
{
    private static readonly JsonFormatter LibraryFormatter =
        new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    private static readonly JsonFormatter CamelCaseFormatter = new(JsonFormatter.Settings.Default);

    [Fact]
    public void Every_record_type_is_supported()
    {
        RandomMessages.Types.Should().HaveCountGreaterThan(250);
        foreach (var type in RandomMessages.Types)
        {
            var empty = ProtoJsonReader.Read(type.ClrType, "{}"u8);

            empty.CalculateSize().Should().Be(0, type.FullName);
            ProtoJsonWriter.ToText(empty, ProtoJsonStyle.Http).Should().Be("{}", type.FullName);
        }
    }

    [Theory]
    [InlineData(ProtoJsonStyle.Http)]
    [InlineData(ProtoJsonStyle.Rpc)]
    public void What_is_written_reads_back_as_the_same_message(ProtoJsonStyle style) =>
        RandomMessages.Any.Sample(
            message => Read(message, ProtoJsonWriter.ToText(message, style)).Equals(message), iter: 3_000, threads: 1);

    [Fact]
    public void What_is_written_means_the_same_as_what_the_library_writes() =>
        RandomMessages.Any.Sample(
            message => JsonNode.DeepEquals(
                JsonNode.Parse(ProtoJsonWriter.ToText(message, ProtoJsonStyle.Http)),
                JsonNode.Parse(LibraryFormatter.Format(message))),
            iter: 2_000,
            threads: 1);

    [Fact]
    public void The_library_reads_what_is_written() =>
        RandomMessages.Any.Sample(
            message =>
            {
                var json = ProtoJsonWriter.ToText(message, ProtoJsonStyle.Http);
                return JsonParser.Default.Parse(json, message.Descriptor).Equals(message);
            },
            iter: 2_000,
            threads: 1);

    [Fact]
    public void What_the_library_writes_is_read() =>
        RandomMessages.Any.Sample(
            message => Read(message, LibraryFormatter.Format(message)).Equals(message)
                && Read(message, CamelCaseFormatter.Format(message)).Equals(message),
            iter: 2_000,
            threads: 1);

    [Fact]
    public void Both_styles_are_well_formed_and_mean_the_same_but_for_64_bit_integers() =>
        RandomMessages.Any.Sample(
            message =>
            {
                var http = ProtoJsonWriter.ToText(message, ProtoJsonStyle.Http);
                var rpc = ProtoJsonWriter.ToText(message, ProtoJsonStyle.Rpc);
                JsonDocument.Parse(http).Dispose();
                JsonDocument.Parse(rpc).Dispose();
                return Read(message, http).Equals(Read(message, rpc));
            },
            iter: 500,
            threads: 1);

    private static IMessage Read(IMessage like, string json) =>
        ProtoJsonReader.Read(like.Descriptor.ClrType, Encoding.UTF8.GetBytes(json));
}
